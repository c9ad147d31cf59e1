"""What a run found, for people: terminal summary, HTML page, figures for papers, tables of several runs."""

from bespoke.report.comparison import compare_runs, named_columns
from bespoke.report.comparison_output import (
    comparison_html,
    comparison_latex,
    comparison_markdown,
    comparison_table,
)
from bespoke.report.exploration import write_exploration_figures
from bespoke.report.figures import checked_formats, write_figures
from bespoke.report.page import write_report
from bespoke.report.published import PublishedDesign, published_designs
from bespoke.report.reading import FrontRow, RunRecord, read_run
from bespoke.report.terminal import summary_table

__all__ = [
    "FrontRow",
    "PublishedDesign",
    "RunRecord",
    "checked_formats",
    "compare_runs",
    "comparison_html",
    "comparison_latex",
    "comparison_markdown",
    "comparison_table",
    "named_columns",
    "published_designs",
    "read_run",
    "summary_table",
    "write_exploration_figures",
    "write_figures",
    "write_report",
]
