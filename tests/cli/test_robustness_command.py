"""`bespoke robustness` on runs, models and netlists: figures that agree with plain counting, one sentence for what is
wrong, and a command that goes on where it was killed."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from plain_netlists import plain_values
from printed_runs import NETLIST, write_printed_run

from bespoke.cli import main
from bespoke.data import load_dataset, read_vectors
from bespoke.netlist import read_netlist
from bespoke.run import robustness as examination
from bespoke.run.modelfile import ModelFile
from bespoke.run.robustness_record import Robustness
from bespoke.sensing import FrontEndKind
from bespoke.technology import load_technology

QUICK = ["--prints", "200"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """Not to be written into."""
    return write_printed_run(tmp_path_factory.mktemp("runs") / "wine")


@pytest.fixture
def run(tmp_path) -> Path:
    return write_printed_run(tmp_path / "run")


@pytest.fixture
def call(monkeypatch, capsys):
    """The command in this process: exit code, standard output, standard error."""

    def called(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", "robustness", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return called


def answers(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of the run's test part: what the plain simulation of its netlist answers, and the classes."""
    netlist = read_netlist(NETLIST, load_technology())
    test = read_vectors(folder / "vectors/test.csv")
    bits = ModelFile.load(folder / "models/approximate.json").wires.encode(test.features)
    values = np.array([plain_values(netlist, row) for row in bits.astype(int).tolist()])
    return values[:, netlist.output_nets] @ [1, 2], test.classes


def test_a_run_has_its_figures_in_a_file_and_on_the_terminal(call, run):
    code, said, _ = call(run, *QUICK, "--device-yield", "0.9", "--device-yield", "0.99")
    assert code == 0
    found = json.loads((run / "robustness.json").read_text())
    seen, classes = answers(run)
    assert found["intact_accuracy"]["value"] == pytest.approx((seen == classes).mean())
    assert found["floor"] == pytest.approx((seen == classes).mean() - 0.03)
    single = found["single_stuck_at"]
    assert single["faults"] == 2 * (8 + 5 + 6 + 3)  # outputs, pins of five inverters and three NANDs, wires
    assert single["worst_accuracy"] <= single["median_accuracy"] <= 1
    assert single["worst_accuracy"] == single["critical"][0]["accuracy"] == min(single["worst_of_gates"].values())
    assert [point["device_yield"] for point in found["yield"]] == [0.9, 0.99]
    devices = 3 * 3 + 4 * 2 + 3 * 6  # NANDs, inverters but for g0, for which its comparator is swapped, comparators
    for point in found["yield"]:
        assert point["perfect_prints"] == pytest.approx(point["device_yield"] ** devices)
        assert point["expected_low"] <= point["expected_accuracy"] <= point["expected_high"]
        assert point["good_low"] <= point["good_prints"] <= point["good_high"]
    assert found["drift"] and [corner["supply_v"] for corner in found["corners"]] == [0.6, 0.8, 1.0]
    for words in ("the chosen design", "single stuck-at faults", "Of a hundred prints", "comparator offset", "0.6 V"):
        assert words in said
    assert single["critical"][0]["site"] in said


@pytest.mark.parametrize("kind", FrontEndKind)
def test_every_front_end(call, tmp_path, finished, kind):
    """The logic is the same behind each; what can break and drift before it is not."""
    run = write_printed_run(tmp_path / "run", kind=kind)
    assert call(run, *QUICK)[0] == 0
    assert call(finished, *QUICK, "--out", tmp_path / "other")[0] == 0
    found, other = (json.loads((place / "robustness.json").read_text()) for place in (run, tmp_path / "other"))
    for key in ("mean_accuracy", "median_accuracy", "worst_accuracy", "faults", "worst_of_gates"):
        assert found["single_stuck_at"][key] == other["single_stuck_at"][key]
    # a published converter of a highest bit alone has a comparator for either code; words need none here
    comparators = {FrontEndKind.THERMOMETER: 3, FrontEndKind.BINARY: 6, FrontEndKind.DIGITAL: 0}[kind]
    assert found["devices"]["front_end"] == 6 * comparators
    # an inverter is needless where comparators alone are behind it
    assert found["devices"]["logic"] == other["devices"]["logic"] + (0 if kind is FrontEndKind.THERMOMETER else 2)
    drifting = {point["kind"] for point in found["drift"]}
    assert ("comparator offset" in drifting) == (kind is not FrontEndKind.DIGITAL)
    assert {"sensor noise", "sensor gain", "sensor offset"} <= drifting


def test_another_floor_and_drift_change_what_is_good(call, run):
    assert call(run, *QUICK, "--device-yield", "0.95", "--floor", "0")[0] == 0
    (loose,) = json.loads((run / "robustness.json").read_text())["yield"]
    assert loose["good_prints"] == pytest.approx(1)
    assert call(run, *QUICK, "--device-yield", "1", "--threshold-sigma", "3")[0] == 0
    drifted = json.loads((run / "robustness.json").read_text())
    (point,) = drifted["yield"]
    assert point["perfect_prints"] == 1 and point["expected_accuracy"] < drifted["intact_accuracy"]["value"]
    assert not point["exact"] and drifted["threshold_sigma"] == 3


def test_what_is_left_open_is_the_runs(call, run):
    with (run / "config.toml").open("a") as settings:
        settings.write("device_yield = 0.97\nthreshold_sigma = 0.5\n")
    assert call(run, *QUICK)[0] == 0
    found = json.loads((run / "robustness.json").read_text())
    assert [point["device_yield"] for point in found["yield"]] == [0.9, 0.95, 0.97, 0.99, 0.999]
    assert found["threshold_sigma"] == 0.5
    assert call(run, *QUICK, "--device-yield", "0.9", "--threshold-sigma", "0")[0] == 0
    found = json.loads((run / "robustness.json").read_text())
    assert [point["device_yield"] for point in found["yield"]] == [0.9] and found["threshold_sigma"] == 0


def test_the_same_seed_has_the_same_figures(call, finished, tmp_path):
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert call(finished, *QUICK, "--seed", seed, "--threshold-sigma", "0.5", "--out", tmp_path / name)[0] == 0
        texts.append((tmp_path / name / "robustness.json").read_text())
    assert texts[0] == texts[1] != texts[2]
    assert not (finished / "robustness.json").exists()


def test_a_killed_command_goes_on_where_it_was(call, run, monkeypatch):
    whole = examination.printed_at
    done = []

    def killed(printable, settings, shares, **options):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.extend(shares)
        return whole(printable, settings, shares, **options)

    monkeypatch.setattr(examination, "printed_at", killed)
    assert call(run, *QUICK)[0] == 130
    assert not (run / "robustness.json").exists() and done == [0.9, 0.95]

    def never(*arguments, **options):
        raise AssertionError("what was done is done again")

    def counted(printable, settings, shares, **options):
        done.extend(shares)
        return whole(printable, settings, shares, **options)

    monkeypatch.setattr(examination, "printed_at", counted)
    monkeypatch.setattr(examination, "single_stuck_at", never)
    assert call(run, *QUICK)[0] == 0
    assert done == [0.9, 0.95, 0.99, 0.999]
    interrupted = (run / "robustness.json").read_text()
    monkeypatch.undo()
    fresh = write_printed_run(run.parent / "fresh")
    monkeypatch.setattr(sys, "argv", ["bespoke", "robustness", str(fresh), *QUICK])
    with pytest.raises(SystemExit):
        main()
    assert (fresh / "robustness.json").read_text() == interrupted


def test_a_stale_part_is_computed_again(call, run):
    assert call(run, *QUICK)[0] == 0
    before = json.loads((run / "robustness.json").read_text())
    (run / "netlist.v").write_text(NETLIST.replace("INVX1 g7 (.A(second)", "INVX1 g7 (.A(wanted)"))
    (run / "robustness/drift.json").write_text("{")  # damaged
    assert call(run, *QUICK)[0] == 0
    after = json.loads((run / "robustness.json").read_text())
    assert after["intact_accuracy"] != before["intact_accuracy"] and after["drift"] != before["drift"]


def test_the_record_reads_back(call, run):
    assert call(run, *QUICK)[0] == 0
    document = json.loads((run / "robustness.json").read_text())
    assert json.loads(json.dumps(Robustness.from_json(document, "here").to_json())) == document


def test_json_is_what_the_file_holds(call, run):
    code, said, _ = call(run, *QUICK, "--json")
    assert code == 0 and json.loads(said) == json.loads((run / "robustness.json").read_text())


# --- netlists ----------------------------------------------------------------------------------------------------


@pytest.fixture
def netlist(tmp_path) -> Path:
    path = tmp_path / "netlist.v"
    path.write_text(NETLIST)
    return path


def vectors(path: Path, header: list[str], rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_a_netlist_is_its_own_measure_where_no_answer_is_known(call, netlist, tmp_path):
    samples = vectors(tmp_path / "v.csv", ["inp"], [[value] for value in range(8)])
    code, said, _ = call(netlist, "--vectors", samples, *QUICK, "--out", tmp_path / "out")
    assert code == 0 and "names no right answers" in said and "no drift" in said
    found = json.loads((tmp_path / "out/robustness.json").read_text())
    assert found["intact_accuracy"]["value"] == 1 and found["expected"] == "intact answers"
    assert found["devices"]["front_end"] is None and not found["drift"]


@pytest.mark.parametrize(
    "header", [["inp", "out"], ["inp[0]", "inp[1]", "inp[2]", "origin", "expected_code"]], ids=["ports", "hand-over"]
)
def test_a_netlist_with_right_answers(call, netlist, tmp_path, header):
    """Both spellings say that code 3 is right, which the circuit never answers, but for the last sample."""
    rows = []
    for value in range(8):
        right = 1 if value == 1 else 3
        bits = [value >> place & 1 for place in range(3)]
        rows.append([value, right] if len(header) == 2 else [*bits, "a sample", right])
    samples = vectors(tmp_path / "v.csv", header, rows)
    code, said, _ = call(netlist, "--vectors", samples, *QUICK, "--json")
    assert code == 0
    found = json.loads(said)
    assert found["intact_accuracy"] | {"low": 0, "high": 0} == {"value": 1 / 8, "low": 0, "high": 0, "samples": 8}
    assert found["expected"] == "classes"


def test_a_netlist_behind_the_comparators_of_a_run(call, netlist, finished, tmp_path):
    from bespoke.sensing import write_front_end

    model = ModelFile.load(finished / "models/approximate.json")
    write_front_end(tmp_path / "front_end.csv", model.wires, model.feature_names, model.quantiser)
    code, said, _ = call(
        netlist, "--vectors", finished / "vectors/test.csv", "--front-end-table", tmp_path / "front_end.csv", *QUICK,
        "--json",
    )  # fmt: skip
    assert code == 0
    found, seen = json.loads(said), answers(finished)
    assert found["intact_accuracy"]["value"] == pytest.approx((seen[0] == seen[1]).mean())
    assert found["devices"]["front_end"] == 18 and found["drift"]


@pytest.mark.eda
def test_a_model_is_mapped_first(call, finished, tmp_path):
    code, said, _ = call(
        finished / "models/approximate.json", "--vectors", finished / "vectors/test.csv", *QUICK, "--out",
        tmp_path / "out", "--json",
    )  # fmt: skip
    assert code == 0 and (tmp_path / "out/mapping/netlist.v").is_file()
    found, seen = json.loads(said), answers(finished)
    assert found["intact_accuracy"]["value"] == pytest.approx((seen[0] == seen[1]).mean())


@pytest.mark.eda
def test_a_model_on_a_known_data_set(call, finished):
    code, said, _ = call(finished / "models/approximate.json", "--data", "wine", *QUICK, "--json")
    assert code == 2  # the sample's classes have names of their own
    whole = json.loads((finished / "models/approximate.json").read_text())
    named = finished.parent / "named.json"
    named.write_text(json.dumps(whole | {"class_labels": [str(label) for label in load_dataset("wine").class_labels]}))
    code, said, _ = call(named, "--data", "wine", *QUICK, "--json")
    found = json.loads(said)
    assert code == 0 and found["intact_accuracy"]["samples"] == 178
    assert not found["drift"][0]["positions_assumed"]


def test_what_does_not_fit_is_one_sentence(call, run, netlist, tmp_path):
    whole = vectors(tmp_path / "v.csv", ["inp"], [[3]])
    empty = vectors(tmp_path / "empty.csv", ["inp"], [])
    other = vectors(tmp_path / "other.csv", ["a", "b", "c"], [[1, 2, 0]])
    wide = vectors(tmp_path / "wide.csv", ["inp"], [[8]])
    sequential = tmp_path / "sequential.v"
    flip_flop = load_technology().flip_flops[0]
    pins = {flip_flop.clock: "clk", flip_flop.data: "inp", flip_flop.output: "out"}
    if flip_flop.reset:
        pins[flip_flop.reset] = "1'b1"
    connected = ", ".join(f".{pin}({net})" for pin, net in pins.items())
    sequential.write_text(
        f"module top(clk, inp, out);\n  input clk;\n  input inp;\n  output out;\n  {flip_flop.name} r0 ({connected});\n"
        "endmodule\n"
    )
    for words, told in (
        ((run, "--device-yield", "1.5"), "--device-yield must be above 0 and at most 1, not 1.5"),
        ((run, "--device-yield", "0"), "--device-yield"),
        ((run, "--floor", "2"), "--floor must lie between 0 and 1"),
        ((run, "--prints", "0"), "--prints must be 2 or more"),
        ((run, "--threshold-sigma", "-1"), "--threshold-sigma must be zero or more"),
        ((run, "--vectors", whole), "--vectors does not go with this"),
        ((run, "--technology", "egfet-0.6v"), "--technology does not go with this"),
        ((tmp_path / "nothing",), "does not exist"),
        ((tmp_path,), "no run folder"),
        ((netlist,), "--vectors is needed"),
        ((netlist, "--vectors", empty), "there are no vectors"),
        ((netlist, "--vectors", other), "other.csv"),
        ((netlist, "--vectors", wide), "8 does not fit 3 bits"),
        ((netlist, "--vectors", whole, "--design", "1"), "--design does not go with this"),
        ((sequential, "--vectors", whole), "has flip-flops, such as r0"),
    ):
        code, said, error = call(*words)
        assert code == 2 and told in error and error.count("\n") == 1 and not said, words
    assert not (run / "robustness.json").exists()
