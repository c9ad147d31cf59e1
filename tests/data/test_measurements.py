"""New measurements: columns by name, numbers with their place, the file given back as it stood."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.data.measurements import Measurements, renamed
from bespoke.data.table import Table
from bespoke.errors import InputError


@pytest.fixture
def table(tmp_path):
    def read(text: str | bytes) -> Measurements:
        path = tmp_path / "new.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Measurements.read(path)

    return read


def test_one_column_is_a_table_of_measurements(table):
    measurements = table("\nflow\r\n1.5\r\n\r\n2\r\n")
    assert found(measurements, "flow") == ["flow"]
    assert measurements.values([0]).tolist() == [[1.5], [2]]
    assert extended(measurements, "a", "b") == "\nflow,answer\r\n1.5,a\r\n2,b\r\n"
    with pytest.raises(InputError, match="line 4, column 'flow': 'high'"):
        table("flow\n1\n\nhigh\n").values([0])
    for text in ("1.5\n2\n", "flow\n", ""):
        with pytest.raises(InputError, match=r"new\.csv"):
            table(text)


def found(measurements: Measurements, *names: str, needed=None) -> list[str]:
    columns = measurements.columns_of(names, needed=range(len(names)) if needed is None else needed)
    return [measurements.table.header[column] for column in columns.values()]


def test_columns_come_in_any_order_among_others(table):
    assert found(table("z,id,x,y\n1,p,2,3\n"), "x", "y", "z") == ["x", "y", "z"]


def test_signs_tell_columns_apart_and_exact_names_come_first(table):
    assert found(table("I-,I+\n1,2\n"), "I+", "I-") == ["I+", "I-"]
    assert found(table("Flow,flow\n1,2\n"), "flow") == ["flow"]
    assert found(table("Flow,flow\n1,2\n"), "flow", "Flow") == ["flow", "Flow"]


def test_another_spelling_is_taken_where_there_is_no_doubt(table):
    measurements = table("Worst Area,b\n1,2\n")
    columns = measurements.columns_of(["worst_area"], needed=[0])
    assert columns == {0: 0}
    assert renamed(columns, ["worst_area"], measurements.table.header) == [("Worst Area", "worst_area")]
    for text, names in (("FLOW,Flow\n1,2\n", ["flow"]), ("flow,b\n1,2\n", ["Flow", "FLOW"])):
        with pytest.raises(InputError, match="no column"):
            found(table(text), *names)


def test_a_missing_column_is_named_with_what_may_be_meant(table):
    with pytest.raises(
        InputError, match=r"new\.csv: there is no column 'width', which the model reads; rename 'widht'"
    ):
        found(table("widht,b\n1,2\n"), "width")
    with pytest.raises(InputError, match="the columns are 'a', 'b'"):
        found(table("a,b\n1,2\n"), "humidity")
    assert found(table("a,b\n1,2\n"), "a", "humidity", needed=[0]) == ["a"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "the cell is empty"),
        ("  ", "the cell is empty"),
        ("NA", "'NA' is a missing value"),
        ("nan", "'nan' is a missing value"),
        ('"1,5"', "decimal comma; write 1.5"),
        ("high", "'high' is not a finite number"),
        ("inf", "'inf' is not a finite number"),
        ("1e999", "'1e999' is not a finite number"),
        ("1_0", "'1_0' is not a finite number"),
    ],
)
def test_a_cell_that_is_no_number_is_named_by_line_and_column(table, cell, said):
    measurements = table(f"a,b\n1,2\n\n3,{cell}\n")
    with pytest.raises(InputError, match=f"new.csv, line 4, column 'b': .*{said}"):
        measurements.values([0, 1])
    assert measurements.values([0]).tolist() == [[1], [3]]


def test_classes_by_spelling_or_by_number(table):
    text = "a,kind\n1,1\n2,2.0\n3, 1 \n"
    assert table(text).classes("kind", (1, 2))[1].tolist() == [0, 1, 0]
    assert table("a,kind\n1,007\n2,7\n").classes("kind", ("007", "7"))[1].tolist() == [0, 1]
    assert table("kind,a\nx,1\n").classes("0", ("x", "y")) == ("kind", np.array([0]))
    with pytest.raises(InputError, match="line 3, column 'kind': 'z' is no class of the model, which knows 'x', 'y'"):
        table("a,kind\n1,x\n2,z\n").classes("kind", ("x", "y"))


def extended(measurements: Measurements, *cells: str) -> str:
    return "".join(measurements.with_columns(["answer"], [[cell] for cell in cells]))


def test_the_given_text_stays_as_it_is(table):
    text = 'sep;"two\nlines"\r\n"1.50";" x "\r\n\r\n2;"a""b"\r\n'
    assert extended(table(text), "p;q", "r") == ('sep;"two\nlines";answer\r\n"1.50";" x ";"p;q"\r\n2;"a""b";r\r\n')
    assert extended(table(b"\xef\xbb\xbfa\tb\n1\t2"), "x") == "a\tb\tanswer\n1\t2\tx\n"


def test_answers_stand_below_their_name_where_rows_are_cut_short(table):
    """As by a reader that drops the blank cells that spreadsheets leave behind the last column."""
    text = "a;b;;\n1;2;\n3;4;;\n"
    measurements = Measurements(Table(Path("t.csv"), ("a", "b"), (("1", "2"), ("3", "4")), (2, 3)), text)
    assert extended(measurements, "x", "y") == "a;b;;;answer\n1;2;;;x\n3;4;;;y\n"


def test_a_line_that_tells_the_delimiter_stays_alone():
    text = "sep=^\r\na^b\r\n1^2,5\r\n"
    measurements = Measurements(Table(Path("t.csv"), ("a", "b"), (("1", "2,5"),), (3,)), text)
    assert extended(measurements, "x") == "sep=^\r\na^b^answer\r\n1^2,5^x\r\n"


def test_a_column_of_that_name_is_not_written_twice(table):
    with pytest.raises(InputError, match="'answer' already"):
        extended(table("a,answer\n1,2\n"), "x")


_CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=5)


@given(st.lists(st.tuples(st.integers(), _CELL, _CELL), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_any_table_comes_back_with_one_cell_more_a_row(tmp_path_factory, rows, ending):
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=ending)
    writer.writerows([("number", "text", "more"), *rows])
    path = tmp_path_factory.mktemp("any") / "new.csv"
    path.write_bytes(sink.getvalue().encode())
    given_back = extended(Measurements.read(path), *(str(row[2]) for row in rows))
    read = list(csv.reader(io.StringIO(given_back, newline="")))
    assert read == [["number", "text", "more", "answer"], *([str(a), b, c, c] for a, b, c in rows)]
