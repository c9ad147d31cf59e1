"""What a run found, for people: terminal summary, HTML page, figures for papers, tables of several runs."""

from bespoke.report.page import write_report
from bespoke.report.terminal import summary_table

__all__ = ["summary_table", "write_report"]
