"""Prints the table of options that stands in docs/reference.md: ``python docs/option_table.py``."""

import dataclasses
import sys

from bespoke.run.config import CHOICES, RunConfig


def option_table() -> list[str]:
    """Lines of the table, one a setting of a run."""
    lines = ["| option | TOML key | default | what it is |", "| --- | --- | --- | --- |"]
    for item in dataclasses.fields(RunConfig):
        low, high = item.metadata["low"], item.metadata["high"]
        bound = "" if low is None else f"; at least {low}" if high is None else f"; {low} to {high}"
        spelled = "--" + item.name.replace("_", "-")
        option = "the argument" if item.name == "data" else f"`{spelled}`"
        if item.type == "bool":
            option = f"`{spelled}`, `--no-{spelled[2:]}`"
        choices = CHOICES.get(item.name)
        names = f"; {', '.join(f'`{choice}`' for choice in choices)}" if choices else ""
        lines.append(f"| {option} | `{item.name}` | {_shown(item.default)} | {item.metadata['help']}{bound}{names} |")
    return lines


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        default = ",".join(default)
    if default is None or default == "":
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    sys.stdout.write("\n".join(option_table()) + "\n")
