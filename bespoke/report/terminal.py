"""The summary of a run on the terminal: the system first, for that is what somebody prints."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bespoke.report import wording
from bespoke.report.breakdown import read_circuit
from bespoke.report.front_end import chosen_front_end, comparators_in_words
from bespoke.report.reading import RunRecord
from bespoke.report.robustness import in_a_hundred, read_robustness
from bespoke.report.system import compared_with_rival, saved_by_swapping, shown_ratio
from bespoke.run.metrics import DesignMetrics, RunMetrics
from bespoke.scores import Metric
from bespoke.sensing import FrontEndKind

#: Comparators that are listed; `front_end.csv` has them all.
MAX_LISTED = 12

_Row = tuple[str, str, str, str]


def summary_table(record: RunRecord) -> RenderableType:
    """What a run found, for ``rich.print``: the chosen design beside the exact baseline, and the ratios.

    Names and labels that come from the data are shown as they are, never read as markup.
    """
    data = record.metrics.data
    heading = Text.assemble(
        (data.name, "bold"),
        f" · {len(data.features)} features of {data.bits} bits, {len(data.class_labels)} classes · "
        f"{wording.samples(record.metrics)}",
    )
    metrics = record.metrics
    return Group(
        heading,
        _designs(metrics),
        *_warnings(metrics),
        *_comparators(record),
        *_prints(record),
        *_rival(record),
        *_notes(metrics),
    )


def _designs(metrics: RunMetrics) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=False, header_style="bold")
    table.add_column("")
    table.add_column("chosen design", justify="right", style="bold green")
    table.add_column("exact baseline", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    for rows in (_system(metrics), _accuracies(metrics)):
        for row in rows:
            table.add_row(*row)
    return table


def _system(metrics: RunMetrics) -> list[_Row]:
    chosen, baseline, ratios = metrics.chosen, metrics.baseline, metrics.ratios

    def row(name: str, show: Callable[[DesignMetrics], str], ratio: str = "") -> _Row:
        return name, show(chosen), show(baseline), ratio

    def figure(name: str, field: str, unit: str, ratio: str = "") -> _Row:
        return row(name, lambda design: _with_unit(getattr(design, field), unit), ratio)

    rows = [
        figure(
            "system power (estimated)",
            "estimated_system_power_mw",
            "mW",
            wording.system_ratio(chosen, ratios.system_power),
        ),
        figure(
            "system area (estimated)",
            "estimated_system_area_cm2",
            "cm²",
            wording.system_ratio(chosen, ratios.system_area),
        ),
        row("power source", lambda design: escape(wording.source(design))),
        row("  margin", lambda design: escape(wording.margin(design))),
        row(
            "comparators",
            lambda design: wording.count(design.comparators),
            shown_ratio(chosen.comparators, baseline.comparators),
        ),
        figure("  power (estimated)", "estimated_front_end_power_mw", "mW"),
        figure("  area (estimated)", "estimated_front_end_area_cm2", "cm²"),
        row("logic cells", lambda design: str(design.cells), shown_ratio(chosen.cells, baseline.cells)),
        figure("  power", "total_power_mw", "mW", wording.ratio(ratios.total_power)),
        figure("  area", "area_cm2", "cm²", wording.ratio(ratios.area)),
        figure("energy per decision", "estimated_energy_per_decision_uj", "µJ"),
    ]
    if chosen.decisions_per_hour is not None:
        rows.append(figure(f"at {chosen.decisions_per_hour:g} decisions/h", "estimated_average_power_mw", "mW"))
    return [*rows, row(f"delay, clock {chosen.clock_ms:g} ms", wording.short_delay)]


def _accuracies(metrics: RunMetrics) -> list[_Row]:
    ours, theirs = metrics.chosen, metrics.baseline
    rows = [("accuracy, train", wording.accuracy(ours.accuracy.train), wording.accuracy(theirs.accuracy.train), "")]
    rows.append(("accuracy, forecast", wording.forecast(ours), wording.forecast(theirs), ""))
    if metrics.selection.metric != Metric.ACCURACY or metrics.selection.of_prints:
        name = metrics.selection.metric.replace("-", " ") + (" of prints" if metrics.selection.of_prints else "")
        rows.append((f"{name}, forecast", wording.forecast_score(ours), wording.forecast_score(theirs), ""))
    rows.append(("accuracy, test", wording.accuracy(ours.accuracy.test), wording.accuracy(theirs.accuracy.test), ""))
    return rows


def _with_unit(value: float | None, unit: str) -> str:
    return wording.figures(value) if value is None else f"{wording.figures(value)} {unit}"


def _warnings(metrics: RunMetrics) -> list[Text]:
    """What a good accuracy may hide."""
    silent = wording.never_answered(metrics.chosen, metrics.data.class_labels)
    imported = metrics.imported_agreement
    differing = None if imported is None or imported.is_whole else wording.agreement(imported)
    return [Text.assemble(("Warning: ", "bold red"), words) for words in (silent, differing) if words is not None]


def _comparators(record: RunRecord) -> list[Text]:
    """What the circuit reads of the sensors, in their units."""
    front_end = chosen_front_end(record, read_circuit(record))
    words = comparators_in_words(front_end, record.metrics.data.features)
    heading = {
        FrontEndKind.THERMOMETER: "Comparators",
        FrontEndKind.BINARY: "Flash converters",
        FrontEndKind.DIGITAL: "Words from elsewhere",
    }[FrontEndKind(record.metrics.chosen.front_end.kind)]
    listed = ", ".join(words[:MAX_LISTED]) or "none: no sensor is read"
    if len(words) > MAX_LISTED:
        listed += f", … and {len(words) - MAX_LISTED} more, front_end.csv lists them"
    return [Text.assemble((f"{heading}: ", "bold"), listed)]


def _prints(record: RunRecord) -> list[Text]:
    """How many of a hundred prints are good enough, at the run's device yield; nothing in runs of earlier versions."""
    summary, robustness = record.metrics.robustness, read_robustness(record.folder)
    point = None if summary is None or robustness is None else robustness.at(summary.device_yield)
    if point is None:
        return []
    return [Text.assemble(("Prints: ", "bold"), in_a_hundred(point, robustness.floor))]


def _rival(record: RunRecord) -> list[Text]:
    """The decision tree that the run's own rule would take, beside the chosen design."""
    rival = record.metrics.rival
    if rival is None:
        return []
    times = compared_with_rival(record)
    which = "of the run's own rule" if rival.fits else "nearest to what was asked, for none meets it"
    test = wording.accuracy(rival.accuracy.test)
    parts = [f"accuracy {rival.forecast_accuracy:.3f} by forecast, {test} on test"]
    if rival.estimated_system_power_mw is None:  # nobody knows what its front end costs
        parts.append(f"logic alone {_with_unit(rival.static_power_mw, 'mW')}, {_with_unit(rival.area_cm2, 'cm²')}")
    else:
        for value, unit, name in (
            (rival.estimated_system_power_mw, "mW", "system power"),
            (rival.estimated_system_area_cm2, "cm²", "system area"),
        ):
            parts.append(f"{name} {_with_unit(value, unit)} ({times[name]} ours)")
    return [Text.assemble(("Rival tree ", "bold"), f"({which}; design {rival.index}): ", ", ".join(parts) + ".")]


def _notes(metrics: RunMetrics) -> list[Text]:
    chosen, selection = metrics.chosen, metrics.selection
    check = chosen.verification
    proof = "proven equal to the RTL" if check.netlist_equivalent else "NOT proven equal to the RTL"
    lines = [
        f"Intervals are 95 %. {wording.chosen_by(metrics)} {wording.forecast_origin(selection)}",
        f"Checked: model = RTL on {check.rtl_vectors} vectors, = mapped netlist on {check.netlist_vectors} vectors "
        f"({check.gate_level_vectors} of them simulated at gate level); netlist {proof}.",
        _system_note(metrics),
    ]
    if metrics.imported_agreement is not None and metrics.imported_agreement.is_whole:
        lines.append(wording.agreement(metrics.imported_agreement))
    if chosen.delay_is_indicative:
        lines.append("Delay is indicative: printed loads lie outside the library's delay tables.")
    lines += wording.untold(chosen)
    spent = ", ".join(f"{title} {wording.duration(seconds)}" for title, seconds in metrics.seconds.items())
    lines.append(f"{metrics.technology} at {metrics.supply_v:g} V · seed {metrics.seed} · {spent}")
    return [Text(line, style="dim") for line in lines]


def _system_note(metrics: RunMetrics) -> str:
    """What the system's figures are made of."""
    chosen = metrics.chosen
    if chosen.estimated_system_power_mw is None:
        return (
            f"No figures of a {chosen.front_end.kind} front end are known for {metrics.technology}: classifier alone."
        )
    if chosen.front_end.kind == FrontEndKind.DIGITAL:
        return "The features come as words from elsewhere, which costs nothing here."
    note = f"System: {chosen.front_end.kind} front end by the figures {chosen.front_end.figures}, and logic"
    area_cm2, power_mw = saved_by_swapping(chosen)
    if area_cm2 or power_mw:
        note += f", less inverters that swapped inputs of comparators replace ({wording.figures(power_mw)} mW)"
    return note + f"; baseline: {wording.front_end(metrics.baseline.front_end)}."
