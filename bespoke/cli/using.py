"""Commands for a finished run: predict, choose."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bespoke.cli.finishing import command_line, finishing, show_run
from bespoke.cli.options import CHOICE, Json, takes
from bespoke.cli.progress import TerminalProgress
from bespoke.errors import InputError
from bespoke.files import write_text
from bespoke.stopping import farewell

if TYPE_CHECKING:
    from bespoke.run.prediction import Explanation, Prediction, Score
    from bespoke.statistics import Accuracy


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke predict runs/bc new.csv --explain > answered.csv")(predict)
    app.command(
        epilog="Example:  bespoke choose runs/bc --max-loss 0.02; by number:  bespoke choose runs/bc --design 7"
    )(choose)


Place = Annotated[
    Path, typer.Argument(metavar="RUN|MODEL", help="Folder of a finished run, or a model file.", show_default=False)
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)]
Chosen = Annotated[
    int | None, typer.Option("--design", help="The design of this number in front.csv, in place of a request.")
]
Csv = Annotated[
    Path, typer.Argument(metavar="CSV", help="New measurements in their own units, with a header.", show_default=False)
]
DesignOption = Annotated[
    int | None,
    typer.Option("--design", help="Another design of the run, by its number in front.csv; default: the chosen one."),
]
Target = Annotated[
    str | None, typer.Option(help="Class column to score the answers by, name or index; default: score nothing.")
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Also show every comparator's or input bit's value, and what decided.")
]
Out = Annotated[Path | None, typer.Option(help="File to write; default: standard output.")]


def predict(
    place: Place,
    measurements: Csv,
    design: DesignOption = None,
    target: Target = None,
    explain: Explain = False,
    out: Out = None,
    json_output: Json = False,
) -> None:
    """Answer new measurements as the printed circuit would: the table with a column `prediction` behind it.

    Columns are found by name, in any order; others are kept and ignored, and a feature that the design does not read
    needs none. With --target the answers are scored on standard error.
    """
    from bespoke.data.measurements import renamed
    from bespoke.run.modelfile import ModelFile  # heavy: only when something is predicted
    from bespoke.run.prediction import model_file_of, predict_table

    if out is not None and out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file")
    path = model_file_of(place, design=design)
    found = predict_table(ModelFile.load(path), measurements)
    score = None if target is None else found.scored(target)
    explanation = found.explained() if explain else None
    for column, feature in renamed(found.columns, found.model.feature_names, found.measurements.table.header):
        print(f"column {column!r} is taken for the feature {feature!r}", file=sys.stderr)
    if json_output:
        text: Iterable[str] = [
            json.dumps(_as_json(path, found, score, explanation), indent=1, ensure_ascii=False) + "\n"
        ]
    else:
        text = found.csv(explanation)
    _write(text, out)
    if score is not None:
        _show(score)


@takes("run", *CHOICE, "design", "json_output")
def choose(run: Run, design: Chosen = None, json_output: Json = False, **options: Any) -> None:
    """Choose another design of a finished run, by another request or by its number, without a search.

    What is not asked for here is not asked for, whatever the run was asked. The design is mapped, proven and measured
    as the run's own; then all files that depend on the choice change at once. Where no design meets the request, the
    folder stays as it is.
    """
    from bespoke.run.choosing import choose as choose_into  # heavy: only when something is chosen

    request = {name: value for name, value in options.items() if value is not None}
    with farewell(f"stopped; {run} holds the old choice or the new one, whole"), TerminalProgress() as progress:
        metrics = choose_into(
            run, request, design=design, command=command_line(), progress=progress, finish=finishing(progress)
        )
    show_run(run, metrics, as_json=json_output)
    if (run / "figures").is_dir():
        print(
            f"{run / 'figures'} may show another choice: `bespoke report {run} --figures png` draws it", file=sys.stderr
        )


def _write(records: Iterable[str], out: Path | None) -> None:
    """Into the file, or on standard output as UTF-8 whatever the terminal's own encoding, for so was the table."""
    if out is not None:
        write_text(out, "".join(records))
        return
    text = "".join(records)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def _show(score: Score) -> None:
    def words(share: Accuracy) -> str:
        return f"{share.value:.4f} [{share.low:.4f}, {share.high:.4f}], {share.correct} of {share.samples}"

    print(f"accuracy by column {score.target!r}: {words(score.accuracy)}; intervals are 95 %", file=sys.stderr)
    for label, recall in zip(score.labels, score.recalls, strict=True):
        print(f"recall of {label}: {'no sample' if recall is None else words(recall)}", file=sys.stderr)


def _as_json(path: Path, found: Prediction, score: Score | None, explanation: Explanation | None) -> dict[str, Any]:
    header, names = found.measurements.table.header, found.model.feature_names
    document: dict[str, Any] = {
        "model": str(path),
        "measurements": str(found.measurements.table.path),
        "columns": {names[feature]: header[column] for feature, column in found.columns.items()},
        "predictions": found.labels,
    }
    if score is not None:
        recalls = zip(score.labels, score.recalls, strict=True)
        document["score"] = {
            "target": score.target,
            "accuracy": _share(score.accuracy),
            "class_recall": {str(label): _share(recall) for label, recall in recalls},
        }
    if explanation is not None:
        document["explanation"] = {
            "wires": [
                {"bit": wire.bit, "feature": wire.feature, "level": wire.level, "threshold": wire.threshold}
                for wire in explanation.wires
            ],
            "decided_by": list(explanation.decided_by),
            "samples": [
                {"wires": wires, "decision": decision}
                for wires, decision in zip(
                    explanation.values.astype(int).tolist(), explanation.decisions.tolist(), strict=True
                )
            ],
        }
    return document


def _share(share: Accuracy | None) -> dict[str, float | int] | None:
    if share is None:
        return None
    return {"value": share.value, "low": share.low, "high": share.high, "samples": share.samples}
