"""What a user means by RUN|MODEL|NETLIST: the mapped design that is to be printed, and its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.backend.mapping import Backend, map_design
from bespoke.data import Missing, Part, dataset_names, load_dataset
from bespoke.design import EXACT_BASELINE, Design
from bespoke.errors import InputError, VerificationError
from bespoke.files import write_text
from bespoke.netlist import Netlist, codes, predict, read_netlist
from bespoke.robustness.drift import Measured
from bespoke.rtl import check_verilog, emit_verilog
from bespoke.run.choosing import MODEL, Bench
from bespoke.run.config import Effort, RunConfig
from bespoke.run.finished import FinishedFront, data_of
from bespoke.run.metrics import RunMetrics
from bespoke.run.modelfile import ModelFile
from bespoke.run.printable import CLASSES, INTACT_ANSWERS, Printable
from bespoke.run.robustness_vectors import NetlistVectors, read_netlist_vectors
from bespoke.run.runfolder import METRICS, RunFolder
from bespoke.run.vectors import ModelVectors, read_model_vectors
from bespoke.sensing import FrontEndKind, ThermometerWires, port_bits, port_width, priced_front_end
from bespoke.technology import Technology

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class RunDesign:
    """A design of a run: what is printed, the run's settings, and the folder of the run where its results belong."""

    printable: Printable
    config: RunConfig
    folder: Path


def design_of_run(folder: RunFolder, *, number: int | None, progress: Progress | None = None) -> RunDesign:
    """The chosen design of a run, or another of its front, on the run's test part.

    A design whose netlist the run did not keep is mapped once more, as the front's designs are.

    Parameters
    ----------
    folder : taken up by this process.
    number : of a design in ``front.csv``; None for the chosen one.

    Raises
    ------
    InputError
        if the run has not finished, or there is no such design.
    """
    config = folder.take_up()
    bench = Bench.of(config)
    metrics = folder.read(RunMetrics, METRICS) if folder.has(METRICS) else None
    if number is None and metrics is None:
        raise InputError(
            f"{folder.path} has no chosen design yet; finish its run, or name one of front.csv with --design"
        )
    if metrics is not None and number in (None, metrics.selection.design):
        summary, name = metrics.data, "the chosen design"
        place, model_file, netlist_file = folder.path, folder / MODEL, folder / "netlist.v"
    else:
        front = FinishedFront.load(folder)
        if not 0 <= number < len(front.designs):
            raise InputError(
                f"--design {number}: the front has the designs 0 to {len(front.designs) - 1}, front.csv lists them"
            )
        summary, name = front.findings.data, f"design {number}"
        place, model_file, netlist_file = _files_of(folder, front.designs[number])
    data = data_of(folder, summary)
    model = ModelFile.load(model_file)
    if not netlist_file.is_file():
        own = bench.backend if bench.backend.front_end.kind is model.front_end else bench.conventional
        scratch = place / "robustness/mapping"
        mapped(model, data.train, folder=scratch, backend=replace(own, effort=str(Effort.FAST)), progress=progress)
        write_text(netlist_file, (scratch / "netlist.v").read_text(encoding="utf-8"))
    printable = bench.press(config).printable(model_file, netlist_file, data, design=name)
    return RunDesign(printable, config, place)


def _files_of(folder: RunFolder, design: Design) -> tuple[Path, Path, Path]:
    """Folder, model file and netlist of a design of the front; those of when it was chosen, if it ever was."""
    place = folder / "baseline" if design.origin == EXACT_BASELINE else (folder / design.model_file).parent
    if (place / "chosen/design.json").is_file():
        return place, place / "chosen/model.json", place / "chosen/netlist.v"
    return place, folder / design.model_file, place / "netlist.v"


def design_of_model(
    path: Path,
    vectors: Path,
    *,
    target: str | None,
    technology: Technology,
    yosys: str,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> tuple[Printable, int]:
    """A model file, mapped in ``folder``, on samples of a file or a known set; how many rows of a file lack a value.

    Raises
    ------
    InputError
        if the model or the samples cannot be read, or do not fit each other.
    """
    model = ModelFile.load(path)
    if not vectors.exists() and str(vectors) in dataset_names():
        read, samples_of = _whole_set(str(vectors), model), f"{vectors}, those of its training among them"
    else:
        read, samples_of = read_model_vectors(vectors, model, target=target), vectors.name
    front_end = priced_front_end(technology, model.front_end)
    backend = Backend(
        technology=technology,
        effort=str(Effort.FAST),
        yosys=yosys,
        clock_ms=technology.clock_ms,
        seed=seed,
        front_end=front_end,
    )
    netlist = mapped(model, None, folder=folder, backend=backend, progress=progress)
    printable = Printable.of_model(
        netlist,
        model,
        read.part,
        front_end=front_end,
        technology=technology,
        design=f"the model {path.name}",
        samples_of=samples_of,
    )
    wrong = np.flatnonzero(
        predict(netlist, read.part.features, model.wires) != model.classifier.predict(read.part.features)
    )
    if len(wrong):
        raise VerificationError(
            f"the netlist of {path} answers vector {wrong[0]} of {vectors} otherwise than the model"
        )
    return printable, read.left_out


def _whole_set(name: str, model: ModelFile) -> ModelVectors:
    """All samples of a known data set, as the model's quantiser takes them."""
    found = load_dataset(name, missing=Missing.DROP)
    missing = next((feature for feature in model.feature_names if feature not in found.feature_names), None)
    labels = [str(label) for label in model.class_labels]
    other = next((label for label in found.class_labels if str(label) not in labels), None)
    if missing is not None or other is not None:
        lacking = f"no feature {missing!r}" if missing is not None else f"a class {other!r} that the model has not"
        raise InputError(f"the data set {name} has {lacking}; name the samples that the model was made for")
    values = found.features[:, [found.feature_names.index(feature) for feature in model.feature_names]]
    classes = np.array([labels.index(str(label)) for label in found.class_labels], dtype=np.int64)[found.classes]
    part = Part(model.quantiser.transform(values), classes, np.arange(found.samples), values)
    return ModelVectors(part, measured=True)


def mapped(
    model: ModelFile, train: Part | None, *, folder: Path, backend: Backend, progress: Progress | None = None
) -> Netlist:
    """A model in cells, proven equal to its Verilog; ``netlist.v`` in the folder is the netlist.

    Parameters
    ----------
    train : samples that power is weighed on; None for random vectors.
    """
    classifier, wires = model.classifier, model.wires
    text = emit_verilog(
        classifier,
        wires=wires,
        quantiser=model.quantiser,
        title="a model to be printed",
        feature_names=model.feature_names,
        class_labels=[str(label) for label in model.class_labels[: classifier.classes]],
    )
    check_verilog(text, input_width=port_width(wires), output_width=classifier.output_bits)
    source, bits = folder / "top.v", None
    write_text(source, text)
    if train is not None and train.samples:
        bits = port_bits(wires, train.features)
    result = map_design(source, classifier, wires, bits, folder=folder / "logs", backend=backend, progress=progress)
    netlist = folder / "netlist.v"
    write_text(netlist, result.netlist_path.read_text(encoding="utf-8"))
    return read_netlist(netlist, backend.technology)


def design_of_netlist(
    path: Path,
    vectors: Path,
    *,
    technology: Technology,
    top: str | None = None,
    front_end_table: Path | None = None,
) -> Printable:
    """A netlist of the technology's cells, on vectors of a file.

    Where the file does not say which answers are right, the intact netlist's are.

    Raises
    ------
    InputError
        if the netlist is none or sequential, or the vectors do not fit its ports.
    """
    netlist = _netlist(path, technology, top)
    read = read_netlist_vectors(vectors, netlist, front_end_table=front_end_table)
    expected = codes(netlist, read.bits) if read.expected is None else read.expected
    kind = FrontEndKind.DIGITAL
    if read.wires is not None:
        kind = FrontEndKind.THERMOMETER if isinstance(read.wires, ThermometerWires) else FrontEndKind.BINARY
    return Printable.of_netlist(
        netlist,
        read.bits,
        expected,
        names=tuple(name for port in netlist.inputs for name in port.bit_names),
        features=read.features or None,
        feature_of=None if read.wires is None else read.wires.feature_of().astype(np.int64),
        wires=read.wires,
        measured=_measured(read, kind),
        front_end=priced_front_end(technology, kind),
        technology=technology,
        design=f"the netlist {path.name}",
        samples_of=vectors.name,
        answers=INTACT_ANSWERS if read.expected is None else CLASSES,
    )


def _measured(read: NetlistVectors, kind: FrontEndKind) -> Measured | None:
    if read.wires is None or read.grid is None:
        return None
    return Measured.of_codes(read.grid, read.wires, kind)


def _netlist(path: Path, technology: Technology, top: str | None) -> Netlist:
    """Our own form is read at once, any other Verilog by Yosys."""
    if top is None:
        try:
            netlist: Netlist | None = read_netlist(path, technology)
        except InputError:
            netlist = foreign_netlist([path], technology)
    else:
        netlist = foreign_netlist([path], technology, top=top)
    if netlist is None:
        raise InputError(f"{path} is no netlist of {technology.name}'s cells; `bespoke synth` makes one of it")
    if netlist.flip_flops:
        raise InputError(
            f"{path}: module {netlist.module} has flip-flops, such as {netlist.flip_flops[0].instance}; faults are "
            "simulated in combinational netlists alone"
        )
    if not netlist.output_bits or netlist.output_bits > 62:
        raise InputError(f"{path} has {netlist.output_bits} output bits; they are read as one number of 1 to 62 bits")
    return netlist
