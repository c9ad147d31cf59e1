"""The emitted text: byte for byte, readable, and beyond the reach of names in users' files."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.eda.icarus import lint
from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, LogicCircuit, Network, QRelu
from bespoke.rtl import check_verilog, emit_verilog
from bespoke.rtl.text import safe_comment
from bespoke.sensing import BinaryWires

GOLDEN = Path(__file__).parent / "golden"

HOSTILE = [
    "*/ endmodule /*",
    "a // b /* c",
    "line\nassign out = 0;",
    "carriage\rreturn\u2028and\u2029separators\x85\x0b\x0c",
    "ends with a backslash \\",
    '`include "/etc/passwd"',
    "`define wire reg",
    "(* keep *)",
    "$finish;",
    "{{ 7 * 7 }} {% raw %}",
    "\x00\x1b[31m",
    "größer als Ω",
    "x" * 5000,
    "",
    "   ",
]


def _network():
    return Network.from_arrays(
        input_bits=4,
        weights=[np.array([[4, -2, 0], [-1, 3, 8]]), np.array([[2, -1], [-4, 1], [0, 1]])],
        biases=[np.array([-12, 5]), np.array([3, 0, -1])],
        masks=[np.array([[0b1011, 0b1111, 0b1111], [0b1100, 0b1110, 0b0001]]), np.full((3, 2), 0b111)],
        activations=[[QRelu(1, 4), QRelu(2, 3)]],
    )


def _circuit():
    fanins = np.array([[2, 5], [3, 9], [10, 12]])
    return LogicCircuit(BinaryWires(2, 2), 3, Circuit(4, fanins, np.array([14, 13])))


@pytest.mark.parametrize(
    ("name", "classifier"),
    [("network.v", _network()), ("logic_circuit.v", _circuit())],
    ids=lambda value: str(value)[:9],
)
def test_golden_text(name, classifier):
    features = ["mean radius", "texture (µm)", "*/ area"][: classifier.features]
    text = emit_verilog(
        classifier, title="a golden sample", feature_names=features, class_labels=["low", "mid", "high"]
    )
    assert text == (GOLDEN / name).read_text(encoding="ascii")


def test_same_network_same_text():
    texts = {emit_verilog(random_network(np.random.default_rng(5), features=4, hidden=(3,), classes=4)) for _ in "abc"}
    assert len(texts) == 1


def _without_comments(text):
    return [line for line in (re.sub(r"//.*", "", line).rstrip() for line in text.split("\n")) if line]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("classifier", [_network(), _circuit()], ids=["network", "circuit"])
def test_names_never_leave_their_comment(hostile, classifier):
    plain = emit_verilog(classifier)
    text = emit_verilog(
        classifier,
        title=hostile,
        feature_names=[hostile] * classifier.features,
        class_labels=[hostile] * classifier.classes,
    )
    assert _without_comments(text) == _without_comments(plain)
    assert text.isascii() and text.replace("\n", "").isprintable()
    assert max(map(len, text.split("\n"))) < 240
    check_verilog(text)


@pytest.mark.eda
def test_hostile_names_pass_the_compiler(tmp_path):
    network = random_network(np.random.default_rng(0), features=len(HOSTILE), hidden=(2,), classes=len(HOSTILE))
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(network, title=HOSTILE[4], feature_names=HOSTILE, class_labels=HOSTILE))
    lint([source], top="top", folder=tmp_path / "lint")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=100))
def test_safe_comment_properties(text):
    safe = safe_comment(text)
    assert len(safe) <= 48 and safe.isascii() and (safe.isprintable() or not safe)
    assert not any(sign in safe for sign in ("\n", "\r", "\\", "`", "*/", "/*", "//"))
    if text.isascii() and text.replace(" ", "").isalnum() and len(" ".join(text.split())) <= 48:
        assert safe == " ".join(text.split())


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="2 feature names were given for a classifier with 3"):
        emit_verilog(_network(), feature_names=["a", "b"])
    with pytest.raises(InputError, match="4 class labels were given for a classifier with 3"):
        emit_verilog(_network(), class_labels="abcd")


@pytest.mark.parametrize("module", ["", "1a", "a b", "a;b", "module", "wire", "a\n", "inp", "é", "x" * 64])
def test_module_names_that_are_no_identifiers_are_refused(module):
    with pytest.raises(InputError, match="cannot be the name of a Verilog module"):
        emit_verilog(_network(), module=module)


def test_every_wire_is_declared_once_and_read():
    rng = np.random.default_rng(11)
    compared = 0
    for _ in range(40):
        network = random_network(rng, features=4, hidden=(5, 4), classes=3)
        network = network.with_argmax(ArgmaxTree.full(3, network.argmax.width))
        if any(interval.low == interval.high for interval in network.sum_intervals[-1]):
            continue  # a comparison of constants is decided at once and reads nothing
        compared += 1
        code = "\n".join(_without_comments(emit_verilog(network)))
        names = re.findall(r"^  wire (?:\[\d+:0\] )?(\w+) =", code, re.MULTILINE)
        assert len(names) == len(set(names))
        for name in names:
            assert len(re.findall(rf"\b{name}\b", code)) > 1, f"{name} is never read in\n{code}"
    assert compared > 10


def test_sums_have_the_width_of_their_interval():
    network = random_network(np.random.default_rng(3), features=5, hidden=(4,), classes=3, max_weight=20)
    declared = re.findall(r"(?:wire|reg) \[(\d+):0\] (h1_\d)_sum", emit_verilog(network))
    widths = {name: int(high) + 1 for high, name in declared}
    assert len(widths) >= 2
    for position, interval in enumerate(network.sum_intervals[0]):
        if f"h1_{position}" in widths:
            expected = interval.signed_width if interval.low < 0 else interval.high.bit_length()
            assert widths[f"h1_{position}"] == expected
