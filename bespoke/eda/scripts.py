"""Renders the tool scripts of ``flows/``."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from bespoke.resources import resource_dir


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("flows")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render_script(template: str, /, **values: Any) -> str:
    """A script of ``flows/`` with its values filled in; an unknown value is an error."""
    return _environment().get_template(template).render(**values)
