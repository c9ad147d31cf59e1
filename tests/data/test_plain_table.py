"""Long plain tables are read as the careful reader reads them, and all others are left to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bespoke.data import Missing, load_dataset
from bespoke.data import table as reading
from bespoke.data.plain_table import PlainTable, read_plain
from bespoke.errors import InputError

HEADER = "x,y,class\n"
ROWS = [f"{i / 7!r},{i * 1e-9!r},{'yes' if i % 3 else 'no'}" for i in range(60)]

cells = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(
        ["", "?", "NA", "nan", "-nan", "NaN", "-", ".", " 1.5 ", "+.5", "5.", "1e400", "1_0", "inf", "0x1"]
    ),
    st.sampled_from(["Null", "nUll", " ? ", "1e5", "1E-320", "１", "True", "text", "1,5", "", "\t1", "1 2", "#", "-0"]),
    st.text(alphabet="0123456789.eE+- ", max_size=6),
)
labels = st.sampled_from(["yes", "no", " yes", "NA", "", "?", "1", "01", "да", "1.0", "None", "'"])


def both(path: Path, missing: Missing, monkeypatch_from: int):
    """What loading gives, its error where it fails, with the quick reader from this many bytes on."""
    before = reading.PLAIN_FROM_BYTES
    reading.PLAIN_FROM_BYTES = monkeypatch_from
    try:
        data = load_dataset(path, missing=missing)
    except InputError as error:
        return str(error)
    finally:
        reading.PLAIN_FROM_BYTES = before
    return data.feature_names, data.class_labels, data.features.tobytes(), data.classes.tolist(), data.notes


@given(
    st.lists(st.tuples(cells, cells, labels), max_size=3),
    st.sampled_from(list(Missing)),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
@example([("-nan", "1", "yes")], Missing.MEDIAN, "\n")
@example([("", "", "no")], Missing.MEDIAN, "\n")
@example([("1", "2", "")], Missing.DROP, "\r\n")
@settings(max_examples=250, deadline=None, derandomize=True)
def test_both_readers_agree(tmp_path_factory, rows, missing, ending):
    path = tmp_path_factory.mktemp("both") / "table.csv"
    path.write_bytes((HEADER + "\n".join([*ROWS, *map(",".join, rows)]) + "\n").replace("\n", ending).encode())
    assert both(path, missing, 0) == both(path, missing, 1 << 40)


@pytest.mark.parametrize("block", [100, 999, 1 << 20])
def test_plain_tables_are_taken_and_what_is_not_plain_is_left(tmp_path, block):
    def read(text: str, *, missing: bool = True) -> PlainTable | None:
        path = tmp_path / "table.csv"
        path.write_text(text)
        return read_plain(path, lambda header: len(header) - 1, missing=missing, block=block)

    text = HEADER + "\n".join(ROWS)
    table = read(text)
    assert table.header == ("x", "y", "class") and table.column(2) == [row.split(",")[2] for row in ROWS]
    expected = np.array([[float(cell) for cell in row.split(",")[:2]] for row in ROWS])
    assert table.values[:, :2].tobytes() == expected.tobytes()
    assert table.taken([5, 7]).line(1) == 9 and table.taken([5, 7]).column(2) == ["yes", "yes"]
    gap = read(text + "\n?,2.5,no")
    assert gap.gaps(0).tolist() == [False] * 60 + [True] and not gap.gaps(2).any()
    assert read(text + "\n?,2.5,no", missing=False) is None
    for row in (
        '"1",2,no',
        "1,2",
        "1,2,no,",
        "1;0,2,no",
        ",,no",
        "-nan,2,no",
        "x,2,no",
        "\n1,2,no",
        "inf,2,no",
        "#,2,no",
    ):
        assert read(text + "\n" + row) is None
    for other in ("sep=,\n" + text, text.replace("x,y", "x,"), text.replace(HEADER, ""), "# a\n" + text):
        assert read(other) is None


def test_a_fault_in_a_long_table_is_told_with_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PLAIN_FROM_BYTES", 0)
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "\n".join([*ROWS, "1,two,no"]))
    with pytest.raises(InputError, match=r"line 62, column 'y': 'two' is text"):
        load_dataset(path)
