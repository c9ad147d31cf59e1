"""Text from users' files, made safe for Verilog comments, and the one environment that renders the templates."""

from __future__ import annotations

import re
from functools import cache

import jinja2

from bespoke.ascii_text import to_ascii
from bespoke.errors import InputError
from bespoke.resources import resource_dir

_LONGEST = 48
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")

#: Verilog-2005 and SystemVerilog words that a module name is likely to hit, and the names of our ports.
_RESERVED_WORDS = """
always and assign automatic begin bit buf byte case cell config const deassign default defparam design disable edge
else end endcase endfunction endmodule endtask event final for force forever fork function generate genvar if initial
inout input instance int integer interface join library localparam logic macromodule module nand negedge nor not or
output package parameter posedge primitive program property real reg release repeat return scalared signed specify
string struct supply0 supply1 table task time tri type union unsigned use vectored wait wand while wire wor xnor xor
inp out
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def safe_comment(value: object) -> str:
    """Any value as short printable ASCII that cannot end, extend or open a Verilog comment or directive.

    Line breaks become spaces; units and accents are spelled in ASCII (``°C`` is ``degC``); backslashes, backticks,
    whatever else is not ASCII and the character sequences that open or close a comment become ``?`` or lose a
    character.
    """
    text = to_ascii(" ".join(str(value).split()))
    text = "".join(c if " " <= c <= "~" and c not in "\\`" else "?" for c in text)
    text = text.replace("/", "|") if "/*" in text or "*/" in text or "//" in text else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3].rstrip() + "..."


def checked_identifier(name: str) -> str:
    """``name`` if it can be a Verilog module name.

    Raises
    ------
    InputError
        if it cannot.
    """
    if not _IDENTIFIER.match(name) or name in _RESERVED:
        raise InputError(f"{safe_comment(name)!r} cannot be the name of a Verilog module; use letters, digits and _")
    return name


@cache
def environment() -> jinja2.Environment:
    """The templates of ``rtl_templates/``: whatever a template names must exist."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("rtl_templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Verilog, not HTML; whatever comes from a user passes safe_comment
    )
