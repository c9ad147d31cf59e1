"""Tables as people have them: headers of numbers and none at all, separators in numbers, comments, spreadsheets."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bespoke.data import load_dataset, read_cost_matrix
from bespoke.data.header import holds_values
from bespoke.data.numerals import meant_by
from bespoke.data.table import read_table
from bespoke.errors import InputError


def file_of(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def rows(line: str, count: int = 24) -> str:
    """Lines of a table; ``{}`` in a pattern are a number that varies, a smaller one, and a class."""
    return "".join(
        line.format(x=f"{0.37 * k + 0.1:.2f}", y=f"{k % 7}.5", k="ab"[k % 2], n=k % 3) + "\n" for k in range(count)
    )


# --- the first line


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("410,435,class", "{x},{y},{k}"),
        ("class,410,435", "{k},{x},{y}"),
        ("0,1,2", "{x},{y},{k}"),
        ("1,2,3", "{x},{y},{k}"),
        ("0,1,2,3", "{x},{y},{y},{n}"),
        ("Na,Mg,Type", "{x},{y},{n}"),
        ("time,1,class", "12:{x},{y},{k}"),
        ("a,b,a ", "{x},{y},{k}"),
        ("nan,-,kind", "{x},{y},{k}"),
        ("x,y,a", "{x},{y},{k}"),
    ],
)
def test_a_header_is_one_where_some_cell_is_no_value_of_its_column(tmp_path, header, line):
    names = tuple(cell.strip() for cell in header.split(","))
    if len(set(names)) < len(names):
        with pytest.raises(InputError, match="both named 'a'"):
            read_table(file_of(tmp_path, header + "\n" + rows(line)))
        return
    assert read_table(file_of(tmp_path, header + "\n" + rows(line))).header == names


@pytest.mark.parametrize(
    "line",
    [
        "{x},{y},{k}",
        "{k},{x},{y}",
        "{x},{y},{n}",
        "?,{y},{k}",
        "{k},{x},{k}",
        "12:{x},{y},{n}",
        "{x};{y};{k}",
        "{n},{n},{n},{k}",
    ],
)
def test_a_first_line_of_values_is_no_header(tmp_path, line):
    with pytest.raises(InputError, match=r"t.csv, line 1: the first line holds values, not column names"):
        read_table(file_of(tmp_path, rows(line)))


def test_a_first_line_with_missing_values_is_no_header(tmp_path):
    with pytest.raises(InputError, match="line 1: the first line holds values"):
        read_table(file_of(tmp_path, "?,?,3,a\n" + rows("{x},{y},{y},{k}")))
    with pytest.raises(InputError, match="line 1: the first line holds values"):  # a text above numbers
        read_table(file_of(tmp_path, "broken,3.5,a\n" + rows("{x},{y},{k}")))


def test_a_rare_class_in_the_first_line_makes_no_names(tmp_path):
    """Numbers beside a word that does not come back are names only where they cannot be values."""
    body = rows("{x},{y},{y},{k}")
    for first, named in (
        ("5.1,3.5,1.5,rare", False),
        ("?,3.5,1.5,rare", False),
        ("5.1,broken,1.5,a", False),
        ("1.5,3.5,5.5,kind", True),  # rising
        ("5.1,3.5,410,kind", True),  # beyond its column
        ("p,3.5,1.5,kind", True),
    ):
        path = file_of(tmp_path, f"{first}\n{body}")
        if named:
            assert read_table(path).header == tuple(first.split(","))
            continue
        with pytest.raises(InputError, match="line 1: the first line holds values"):
            read_table(path)


@pytest.mark.parametrize("first", [["0", "1"], ["0", "1", "2"], ["1", "2", "3"]])
def test_numbers_that_count_are_values_where_they_might_be(first):
    body = [[str((row + column) % 4) for column in range(len(first))] for row in range(20)]
    assert holds_values(first, body)
    assert not holds_values(first, [[str(50 + row % 3) for _ in first] for row in range(20)])


NAMES = st.lists(
    st.text(st.characters(categories=("L", "N"), max_codepoint=0x24F), min_size=1, max_size=6).map(lambda t: f"s{t}"),
    min_size=2, max_size=5, unique_by=str.casefold,
)  # fmt: skip
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: f"{value:.6g}")


@settings(max_examples=80, deadline=None, derandomize=True)
@given(NAMES, st.data(), st.sampled_from(",;\t|"), st.booleans(), st.booleans())
def test_tables_come_back_and_lose_their_header_with_a_word(tmp_path_factory, names, data, mark, quoted, told):
    """What is written with a header is read; the same without it is refused, whatever the dialect."""
    width = len(names)
    body = [
        [*(data.draw(NUMBERS) for _ in range(width - 1)), f"kind {row % 2}"]
        for row in range(data.draw(st.integers(8, 12)))
    ]
    folder = tmp_path_factory.getbasetemp()

    def written(lines: list[list[str]]) -> Path:
        text = io.StringIO()
        style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
        csv.writer(text, delimiter=mark, quoting=style, lineterminator="\n").writerows(lines)
        return file_of(folder, (f"sep={mark}\n" if told else "") + text.getvalue(), "round.csv")

    table = read_table(written([names, *body]))
    assert table.header == tuple(names) and [list(row) for row in table.rows] == body
    assert table.lines == tuple(range(2 + told, 2 + told + len(body)))
    with pytest.raises(InputError, match=f"line {1 + told}: the first line holds values"):
        read_table(written(body))


# --- the delimiter


@pytest.mark.parametrize(
    "header", ['"a, mm";"b, raw, mean, mm";class', "a, mm;b, raw, mean, mm;class", "a|1;b|2|3|4;class"]
)
def test_the_delimiter_is_that_of_the_whole_file(tmp_path, header):
    table = read_table(file_of(tmp_path, header + "\n" + rows("{x};{y};{n}")))
    assert len(table.header) == 3 and table.header[2] == "class"


def test_labels_may_hold_other_delimiters(tmp_path):
    table = read_table(file_of(tmp_path, "x,class\n" + rows("{x},{k};{k}|{k}")))
    assert table.header == ("x", "class") and set(table.column(1)) == {"a;a|a", "b;b|b"}


def test_the_line_for_spreadsheets_names_the_delimiter(tmp_path):
    dataset = load_dataset(file_of(tmp_path, "sep=;\nx;y;class\n" + rows("{x};{y};{k}")))
    assert dataset.feature_names == ("x", "y") and dataset.samples == 24
    with pytest.raises(InputError, match=r"line 4, column 'y': 'red'"):
        load_dataset(file_of(tmp_path, '"sep=\t"\r\nx\ty\tclass\r\n1\t2\ta\r\n1\tred\tb\r\n'))
    with pytest.raises(InputError, match="empty below 'sep=;'"):
        load_dataset(file_of(tmp_path, "sep=;\n\n"))
    costs = file_of(tmp_path, "sep=;\n;a;b\na;0;1\nb;5;0\n", "costs.csv")
    assert read_cost_matrix(costs, ("a", "b")) == ((0, 1), (5, 0))


def test_what_spreadsheets_leave_around_a_table_is_skipped(tmp_path):
    text = "x,y,class,,\n" + rows("{x},{y},{k},,") + ",,,,\n,,,,\n"
    dataset = load_dataset(file_of(tmp_path, text))
    assert dataset.feature_names == ("x", "y") and dataset.samples == 24
    with pytest.raises(InputError, match="line 3: 5 cells, but the header has 3 columns"):
        load_dataset(file_of(tmp_path, "x,y,class\n1,2,a\n1,2,a,,note\n"))


@pytest.mark.parametrize("comment", ["# logger 3", "# logger, in Bonn", "% made by hand", "// note", "@relation x"])
def test_a_comment_is_named(tmp_path, comment):
    for text, line in ((f"{comment}\nx,y,class\n" + rows("{x},{y},{k}"), 1), ("x,y,class\n1,2,a\n" + comment, 3)):
        with pytest.raises(InputError, match=rf"t.csv, line {line}: '{comment[:5]}.* is a comment"):
            read_table(file_of(tmp_path, text))


def test_a_header_may_begin_like_a_comment(tmp_path):
    assert read_table(file_of(tmp_path, "#id,%rh,class\n" + rows("{x},{y},{k}"))).header == ("#id", "%rh", "class")


# --- numbers


@pytest.mark.parametrize(
    ("cell", "column", "others", "said"),
    [
        ("3,057", ["3,057", "4,441"], ["5.87"], "write 3057"),
        ("3,057", ["3,057", "1,204,441"], [], "write 3057"),
        ("3,057.5", ["3,057.5"], [], "write 3057.5"),
        ("3,057", ["3,057", "0,441"], [], "write 3.057"),
        ("3,057", ["3,057", "4,4"], [], "write 3.057"),
        ("3,057", ["3,057"], ["12,5"], "write 3.057"),
        ("3,057", ["3,057", "950.5"], [], "write 3057"),
        ("-2,5", ["-2,5"], [], "write -2.5"),
        (",5", [",5"], [], "write .5"),
        ("1.234,5", ["1.234,5"], [], "write 1234.5"),
        ("1.234.567", ["1.234.567"], [], "write 1234567"),
        ("1'234.5", ["1'234.5"], [], "write 1234.5"),
        ("12 345", ["12 345"], [], "write 12345"),
        ("1\u202f234,5", ["1\u202f234,5"], [], "write 1234.5"),
    ],
)
def test_advice_on_separators(cell, column, others, said):
    assert meant_by(cell, column, others).endswith(said)


@pytest.mark.parametrize("others", [[], ["1.234"], ["5.87", "2,5"]])
def test_nothing_is_advised_where_a_thousand_is_at_stake(others):
    said = meant_by("3,057", ["3,057", "4,441"], others)
    assert "may be 3057 or 3.057" in said and "write 3" not in said


def test_text_is_no_number_to_people():
    for cell in ("red", "5 mm", "1,2,3", "1, 2", "--5", "12:30"):
        assert meant_by(cell, [cell], []) is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=6),
    st.sampled_from(["english", "german", "decimals"]),
    st.lists(st.decimals(0, 99, places=2), max_size=3),
)
def test_advice_is_never_another_number(values, habit, others):
    """Whatever notation a table is in, advised numbers are those that were written."""
    scale = 1 if habit != "decimals" else 1000
    written = {
        "english": lambda value: f"{value:,}",
        "german": lambda value: f"{value:,}".replace(",", ".") + ",0",
        "decimals": lambda value: f"{value / 1000:.3f}".replace(".", ","),
    }[habit]
    elsewhere = [str(one) if habit == "english" else str(one).replace(".", ",") for one in others]
    column = [written(value) for value in values]
    for value, cell in zip(values, column, strict=True):
        said = meant_by(cell, column, elsewhere)
        if said is not None and "; write the numbers" not in said:
            assert float(said.rpartition("write ")[2]) == value / scale


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_table_with_separators_of_thousands(tmp_path, mark):
    cell = '"3,057"' if mark == "," else "3,057"
    path = file_of(tmp_path, f"a{mark}b{mark}class\n{cell}{mark}5.87{mark}x\n")
    with pytest.raises(InputError, match=r"line 2, column 'a': '3,057' has a separator of thousands; write 3057"):
        load_dataset(path)


# --- labels


@pytest.mark.parametrize("marker", ["?", "nan", "NULL", "-", ".", "", "  "])
def test_a_missing_label_among_names_is_refused(tmp_path, marker):
    text = "x,class\n" + rows("{x},{k}") + f"3,{marker}\n"
    with pytest.raises(InputError, match=r"line 26: the class column 'class' holds .*--missing drop"):
        load_dataset(file_of(tmp_path, text))


@pytest.mark.parametrize("name", ["None", "NA", "n/a"])
def test_a_class_may_be_called_none_with_a_warning(tmp_path, name, caplog):
    text = "x,class\n" + rows("{x},{k}") + f"3,{name}\n" * 5
    assert name in load_dataset(file_of(tmp_path, text)).class_labels
    assert f"'{name}', taken for a class" in caplog.text
    with pytest.raises(InputError, match="missing value"):
        load_dataset(file_of(tmp_path, "x,class\n" + rows("{x},{n}") + f"3,{name}\n" * 5))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.text(" \t\u00a0", max_size=3), min_size=24, max_size=24))
def test_blanks_around_labels_make_no_class(tmp_path_factory, blanks):
    lines = [f"{row},{blank}{'ab'[row % 2]}{blank}" for row, blank in enumerate(blanks)]
    path = file_of(tmp_path_factory.getbasetemp(), "x,class\n" + "\n".join(lines) + "\n", "blank.csv")
    dataset = load_dataset(path)
    assume(dataset.samples == 24)
    assert dataset.class_labels == ("a", "b")
    assert np.array_equal(dataset.classes, np.arange(24) % 2)
