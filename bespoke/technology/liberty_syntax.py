"""The syntax of Liberty files: groups, attributes and their values, whatever they mean.

Values are text without quotes; what is a number is decided by whoever asks for one, so a quoted number is one too.
Real files double semicolons and leave them out at the end of a line, put comments and line continuations anywhere, and
hold megabytes of tables: one regular expression takes a whole statement at a time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bespoke.errors import InputError

_COMMENT = r"/\*.*?\*/|//[^\n]*"
_BLANK = rf"(?:\s|\\|{_COMMENT})*+"
_QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'  # a run at a time: files are mostly tables in quotes
_STATEMENT = re.compile(
    rf"""(?:[\s;,\\]|{_COMMENT})*+
    (?: (?P<close>\}})
      | (?P<end>\Z)
      | (?P<name>{_QUOTED}|[^\s"(){{}}:;,/\\]++) {_BLANK}
        (?: : {_BLANK} (?P<value>{_QUOTED} | (?:/\*.*?\*/|\\\r?\n|[^;\n\r{{}}"\\/]++|/)*+)
          | \( (?P<args>(?:{_QUOTED}|/\*.*?\*/|[^()"/]++|/)*+) \) (?: {_BLANK} (?P<open>\{{) )?
        )
    )""",
    re.VERBOSE | re.DOTALL,
)
_ARGUMENT = re.compile(rf"(?:[\s,\\]|{_COMMENT})*+(?:(?P<quoted>{_QUOTED})|(?P<bare>[^\s,\"\\]++))", re.DOTALL)
_BETWEEN = re.compile(rf"(?:[\s;,\\]|{_COMMENT})*+", re.DOTALL)


@dataclass(slots=True, eq=False)
class Group:
    """``kind (args) { … }``: attributes by name, each with all values that it is given, and the groups inside.

    A simple attribute (``name : value;``) is one text, a complex one (``name (a, b);``) a tuple of texts.
    """

    kind: str
    args: tuple[str, ...]
    line: int
    attributes: dict[str, list[str | tuple[str, ...]]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first argument; empty where there is none."""
        return self.args[0] if self.args else ""

    def children(self, kind: str) -> list[Group]:
        """The groups of a kind inside this one, in order."""
        return [group for group in self.groups if group.kind == kind]

    def __contains__(self, key: str) -> bool:
        return key in self.attributes

    def text(self, key: str, default: str | None = None) -> str | None:
        """A simple attribute; the last where it is given several times, as later statements replace earlier ones."""
        values = self.attributes.get(key)
        if not values:
            return default
        value = values[-1]
        return value if isinstance(value, str) else ", ".join(value)

    def values(self, key: str) -> list[tuple[str, ...]]:
        """All that a complex attribute is given, one tuple a statement."""
        return [value if isinstance(value, tuple) else (value,) for value in self.attributes.get(key, [])]

    def number(self, key: str) -> float | None:
        """A simple attribute as a number; None where it is missing.

        Raises
        ------
        InputError
            naming attribute and line, where it is something else.
        """
        text = self.text(key)
        return None if text is None else as_number(text, f"{key} (line {self.line})")

    def is_true(self, key: str) -> bool:
        return (self.text(key) or "").strip().lower() in ("true", "1")

    def rows(self, key: str) -> list[list[float]]:
        """A table such as ``values ("1, 2", "3, 4")``, a list a row; empty where it is missing.

        Raises
        ------
        InputError
            naming attribute and line, where something in it is no number.
        """
        if key not in self.attributes:
            return []
        where = f"{key} (line {self.line})"
        rows = [_numbers(text, where) for text in self.values(key)[-1]]
        return [[row[0] for row in rows]] if all(len(row) == 1 for row in rows) else rows  # or none is quoted


def as_number(text: str, where: str) -> float:
    """A finite number.

    Raises
    ------
    InputError
        saying that ``where`` is something else.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(f"{where} is {text!r}, not a number")
    return value


def _numbers(text: str, where: str) -> list[float]:
    """Numbers between commas and blanks."""
    parts = text.replace(",", " ").replace("\\", " ").split()
    try:
        values = list(map(float, parts))  # megabytes of them: one by one only to say which is none
    except ValueError:
        values = [math.nan]
    return values if all(map(math.isfinite, values)) else [as_number(part, where) for part in parts]


def parse_library(text: str) -> Group:
    """The one library group of a Liberty file.

    Raises
    ------
    InputError
        saying what is wrong, and at which line.
    """
    top = Group("", (), 0)
    stack = [top]
    for match, line in _statements(text):
        group = stack[-1]
        if match["close"]:
            if len(stack) == 1:
                raise InputError(f"line {line} closes a group that nothing opens")
            stack.pop()
            continue
        name = _unquoted(match["name"])
        if match["value"] is not None:
            group.attributes.setdefault(name, []).append(_simple(match["value"]))
        elif match["open"]:
            inner = Group(name, _arguments(match["args"]), line)
            group.groups.append(inner)
            stack.append(inner)
        else:
            group.attributes.setdefault(name, []).append(_arguments(match["args"]))
    if len(stack) > 1:
        raise InputError(f"it ends within the group {stack[-1].kind!r} of line {stack[-1].line}")
    if len(top.groups) != 1 or top.groups[0].kind != "library":
        found = ", ".join(repr(group.kind) for group in top.groups[:3]) or "none"
        raise InputError(f"it must hold one group 'library', but its groups are: {found}")
    if "include_file" in top.attributes or any("include_file" in group.attributes for group in _all(top)):
        name = next(group.text("include_file") for group in _all(top) if "include_file" in group.attributes)
        raise InputError(f"it includes the file {name!r}, which is not followed; put both into one file")
    return top.groups[0]


def _statements(text: str) -> Iterator[tuple[re.Match, int]]:
    """Every statement and the line where its name stands."""
    position, line, counted = 0, 1, 0
    text = text.removeprefix("\ufeff")
    while True:
        match = _STATEMENT.match(text, position)
        if match is None:
            line, odd = _trouble(text, position)
            raise InputError(f"line {line} is no statement of Liberty: {odd!r}")
        if match["end"] is not None:
            return
        start = match.start("close") if match["close"] else match.start("name")
        line += text.count("\n", counted, start)
        counted = start
        yield match, line
        position = match.end()


def _trouble(text: str, position: int) -> tuple[int, str]:
    """Line and first signs of what is no statement."""
    start = _BETWEEN.match(text, position).end()
    return text.count("\n", 0, start) + 1, text[start : start + 40].split("\n")[0]


def _all(group: Group) -> Iterator[Group]:
    yield group
    for inner in group.groups:
        yield from _all(inner)


def _unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text


def _simple(text: str) -> str:
    if text.startswith('"'):
        return re.sub(r"\\\r?\n", "", text[1:-1]).strip()
    if "/" in text:
        text = re.sub(_COMMENT, " ", text, flags=re.DOTALL)
    return text.replace("\\", " ").strip()


def _arguments(text: str) -> tuple[str, ...]:
    return tuple(
        match["quoted"][1:-1].strip() if match["quoted"] else match["bare"] for match in _ARGUMENT.finditer(text)
    )
