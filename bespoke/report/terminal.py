"""The summary of a run on the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bespoke.pipeline.metrics import DesignMetrics, Ratios, RunMetrics
from bespoke.report import wording


def summary_table(metrics: RunMetrics) -> RenderableType:
    """What a run found, for ``rich.print``: the chosen design beside the exact baseline, and the ratios.

    Names and labels that come from the data are shown as they are, never read as markup.
    """
    data = metrics.data
    heading = Text.assemble(
        (data.name, "bold"),
        f" · {len(data.features)} features of {data.bits} bits, {len(data.class_labels)} classes · "
        f"{data.train_samples}/{data.validation_samples}/{data.test_samples} training/validation/test samples",
    )
    return Group(heading, _designs(metrics), *_notes(metrics))


def _designs(metrics: RunMetrics) -> Table:
    chosen, baseline, ratios = metrics.chosen, metrics.baseline, metrics.ratios
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="bold", show_edge=False)
    table.add_column("")
    table.add_column("chosen design", justify="right", style="bold green")
    table.add_column("exact baseline", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    for part in ("train", "validation", "test"):
        table.add_row(
            f"accuracy, {part}",
            wording.accuracy(getattr(chosen.accuracy, part)),
            wording.accuracy(getattr(baseline.accuracy, part)),
            "",
        )
    table.add_section()
    for name, ours, theirs, ratio in _measured(chosen, baseline, ratios):
        table.add_row(name, ours, theirs, ratio)
    return table


def _measured(chosen: DesignMetrics, baseline: DesignMetrics, ratios: Ratios) -> list[tuple[str, str, str, str]]:
    def pair(name: str, show, ratio: str = "") -> tuple[str, str, str, str]:
        return name, show(chosen), show(baseline), ratio

    return [
        pair("area, cm²", lambda d: wording.figures(d.area_cm2), wording.ratio(ratios.area)),
        pair("static power, mW", lambda d: wording.figures(d.static_power_mw), wording.ratio(ratios.static_power)),
        pair("dynamic power, mW", lambda d: wording.figures(d.dynamic_power_mw)),
        pair("total power, mW", lambda d: wording.figures(d.total_power_mw), wording.ratio(ratios.total_power)),
        pair("cells", lambda d: str(d.cells)),
        pair("delay", wording.delay),
        pair("power source", lambda d: escape(d.power_source or "none")),
        pair(
            "with front end, cm²",
            lambda d: wording.figures(d.estimated_system_area_cm2),
            wording.system_ratio(chosen, ratios.system_area),
        ),
        pair(
            "with front end, mW",
            lambda d: wording.figures(d.estimated_system_power_mw),
            wording.system_ratio(chosen, ratios.system_power),
        ),
    ]


def _notes(metrics: RunMetrics) -> list[Text]:
    chosen, selection = metrics.chosen, metrics.selection
    check = chosen.verification
    proof = "proven equal to the RTL" if check.netlist_equivalent else "NOT proven equal to the RTL"
    lines = [
        f"Intervals are 95 %. Chosen: {selection.rule}; {selection.eligible_designs} of "
        f"{selection.front_designs} designs of the front fit, judged without the test part.",
        f"Checked: model = RTL on {check.rtl_vectors} vectors, = mapped netlist on {check.netlist_vectors} vectors "
        f"({check.gate_level_vectors} of them simulated at gate level); netlist {proof}.",
    ]
    if chosen.delay_is_indicative:
        lines.append("Delay is indicative: printed loads lie outside the library's delay tables.")
    circuits = wording.duration(metrics.search.circuit_seconds)
    lines.append(
        f"{metrics.technology} at {metrics.supply_v:g} V · seed {metrics.seed} · "
        f"{metrics.search.candidates:,} candidates in {wording.duration(metrics.search.seconds)} of search"
        + (f", circuits in {circuits}" if metrics.search.circuit_seconds else "")
    )
    return [Text(line, style="dim") for line in lines]
