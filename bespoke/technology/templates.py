"""The templates that technology files are written by."""

from __future__ import annotations

import jinja2

from bespoke.resources import resource_dir


def template_environment(folder: str = "flows", inner: str = "formats") -> jinja2.Environment:
    """Templates of ``folder/inner`` where a missing value is an error and block tags leave no blank lines."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir(folder) / inner),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
