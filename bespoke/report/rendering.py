"""From a template to one HTML file that opens without network: style and script in it, everything else forbidden."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bespoke.report import wording

_TEMPLATES = Path(__file__).with_name("templates")


def render_page(template: str, *, name: str, version: str, scripts: Sequence[str], **context: object) -> str:
    """A page in the report's style.

    Parameters
    ----------
    template : one that extends ``page.html.j2``.
    name : what files that the page saves are called by.
    version : of bespoke, which wrote the run.
    scripts : files beside the templates, joined into the page's only script, the one that its policy allows.
    context : what the template names besides.
    """
    script = "\n".join((_TEMPLATES / part).read_text(encoding="utf-8") for part in scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            name=name,
            version=version,
            style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=_digest(script),
            **context,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figures": wording.figures,
        "ratio": wording.ratio,
        "duration": wording.duration,
        "accuracy": wording.accuracy,
        "verdict": wording.verdict,
        "delay": wording.delay,
        "untold": wording.untold,
        "topology": wording.topology,
        "count": wording.count,
        "counted": wording.counted,
        "source": wording.source,
        "margin": wording.margin,
        "near_copies": wording.near_copies,
        "system_ratio": wording.system_ratio,
        "percent": lambda share, digits=1: f"{100 * share:.{digits}f}\u00a0%",
        "thousands": lambda count: f"{count:,}".replace(",", "\u00a0"),
    }
    return environment


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
