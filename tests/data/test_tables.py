"""Reading of tables: what must work, and one clear sentence for what cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import shared_dataset_dir
from hypothesis import given
from hypothesis import strategies as st

from bespoke.data import Dataset, load_alike, load_dataset
from bespoke.errors import InputError

ROWS = "".join(f"{i % 7}.5,{i % 5},{'yes' if i % 3 else 'no'}\n" for i in range(24))
GOOD = "width,height,class\n" + ROWS


def table_file(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def assert_good(dataset: Dataset) -> None:
    assert dataset.feature_names == ("width", "height")
    assert dataset.class_labels == ("no", "yes")
    assert dataset.features.tolist() == [[i % 7 + 0.5, i % 5] for i in range(24)]
    assert dataset.classes.tolist() == [int(i % 3 > 0) for i in range(24)]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.rstrip("\n"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        '"' + GOOD.replace(",", '","').replace("\n", '"\n"').removesuffix('"'),
        "\n" + GOOD.replace("\n", "\n\n"),
        GOOD.replace(".5,", ".50 , "),
    ],
    ids=["plain", "crlf", "cr", "no last newline", "bom", "semicolon", "tab", "quoted", "empty lines", "spaces"],
)
def test_dialects_give_the_same_table(tmp_path, content):
    assert_good(load_dataset(table_file(tmp_path, content)))


def test_names_and_labels_in_any_script_survive(tmp_path):
    text = '"brédth, ""cm""",höhe,クラス\n' + ROWS.replace("yes", "да; <b>").replace("no", "'; DROP")
    dataset = load_dataset(table_file(tmp_path, text, "données 1.csv"))
    assert dataset.name == "données 1"
    assert dataset.feature_names == ('brédth, "cm"', "höhe")
    assert dataset.class_labels == ("'; DROP", "да; <b>")


def test_a_quoted_cell_may_span_lines_and_later_line_numbers_are_still_right(tmp_path):
    text = 'width,height,class\n1,2,"a\nb"\n2,x,c\n'
    with pytest.raises(InputError, match=r"line 4, column 'height'"):
        load_dataset(table_file(tmp_path, text))


@pytest.mark.parametrize("target", ["kind", "1", 1, "-2", -2])
def test_target_by_name_or_index(tmp_path, target):
    text = "width,kind,height\n" + "".join(f"{i % 7},{'ab'[i % 2]},{i % 5}\n" for i in range(20))
    dataset = load_dataset(table_file(tmp_path, text), target=target)
    assert dataset.feature_names == ("width", "height")
    assert dataset.class_labels == ("a", "b")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1.0", "2.0", "10.00"], (1, 2, 10)),
        (["10", "9", "-1"], (-1, 9, 10)),
        (["2", "10", "x"], ("10", "2", "x")),
        (["007", "7", "8"], ("007", "7", "8")),
        (["0.5", "1.5", "2"], (0.5, 1.5, 2.0)),
        (["1e1", "2", "3"], (2, 3, 10)),
        (["True", "False", "None"], ("False", "None", "True")),
        (["12345678901234567890", "1", "2"], (1, 2, 12345678901234567890)),
        ([" a", "a ", "A"], ("A", "a")),
        (["yes", " yes", "no\u00a0"], ("no", "yes")),
    ],
)
def test_class_labels_survive(tmp_path, labels, expected):
    text = "x,class\n" + "".join(f"{i},{labels[i % 3]}\n" for i in range(30))
    dataset = load_dataset(table_file(tmp_path, text))
    assert dataset.class_labels == expected
    assert [type(label) for label in dataset.class_labels] == [type(label) for label in expected]


LONG_TARGET = "x,y\n" + "".join(f"{i % 9},{i}\n" for i in range(300))


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        ("", ["the file is empty"]),
        (b"\xef\xbb\xbf", ["the file is empty"]),
        ("\n\n", ["the file is empty"]),
        ("a,b,class\n", ["header but no rows"]),
        ("a,b,class\n1,2,x\n1,,y\n", ["line 3", "'b'", "empty"]),
        ("a,b,class\n1,2,x\n1,nan,y\n", ["line 3", "'b'", "'nan'", "missing"]),
        ("a,b,class\n1,2,x\n1,?,y\n", ["line 3", "'b'", "'?'", "missing"]),
        ("a,b,class\n1,2,x\n-Inf,3,y\n", ["line 3", "'a'", "-Inf", "finite"]),
        ("a,b,class\n1,2,x\n1e999,3,y\n", ["line 3", "'a'", "too large"]),
        ("a,b,class\n1,red,x\n", ["line 2", "'b'", "'red'", "text", "--target"]),
        ("a,b,class\n1,1_000,x\n", ["line 2", "'b'", "1_000", "text"]),
        ("a;b;class\n1;2,5;x\n", ["line 2", "'b'", "decimal comma", "2.5"]),
        ("a,b,class\n1,2,x\n1,2,3,y\n", ["line 3", "4 cells", "3 columns"]),
        ("a,b,class\n1,2,x\n1,2\n", ["line 3", "2 cells", "3 columns"]),
        ("a,b,class\n1,2,x\n1,2,\n", ["line 3", "'class'", "missing"]),
        ("a,b,class\n1,2,1\n1,2,?\n", ["line 3", "'class'", "missing"]),
        ("a,b,a,class\n1,2,3,x\n", ["columns 1 and 3", "'a'"]),
        (",a,class\n0,2,x\n", ["column 1 has no name"]),
        ("class\nx\ny\n", ["single column 'class'"]),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", ["line 1", "header"]),
        (b"PK\x03\x04\x00\x00", ["binary"]),
        ("a,b,class\n".encode("utf-16"), ["UTF-16"]),
        (b"a,b,class\n1,2,caf\xe9\n", ["line 2", "UTF-8"]),
        ('a,b,class\n1,2,"x\n', ["not a readable table"]),
        ("a,b,class\n" + "1,2,x\n" * 9, ["every sample has the class 'x'"]),
        ("a,class\n" + "".join(f"{i},{'x' if i else 'y'}\n" for i in range(20)), ["class 'y' has 1 sample,"]),
        (LONG_TARGET, ["'y'", "300 distinct values in 300 rows", "--target"]),
        ("a,y\n" + "".join(f"{i},{i % 30 + 0.5}\n" for i in range(300)), ["'y'", "30 distinct values"]),
    ],
)
def test_bad_tables_get_one_clear_sentence(tmp_path, content, fragments):
    path = table_file(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_dataset(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


def test_missing_file_folder_and_unknown_name(tmp_path):
    with pytest.raises(InputError, match="no such file, nor a data set"):
        load_dataset(tmp_path / "none.csv")
    with pytest.raises(InputError, match="did you mean 'pendigits'"):
        load_dataset("pendigit")
    with pytest.raises(InputError, match="folder"):
        load_dataset(tmp_path)


def test_missing_target_suggests_the_nearest(tmp_path):
    path = table_file(tmp_path, GOOD.replace("height", "Height"))
    with pytest.raises(InputError, match="no column 'heigth'; did you mean 'Height'"):
        load_dataset(path, target="heigth")
    with pytest.raises(InputError, match="no column 3; the file has 3 columns"):
        load_dataset(path, target="3")
    with pytest.raises(InputError, match="no column -4"):
        load_dataset(path, target=-4)


def test_a_target_of_text_leaves_no_text_among_the_features(tmp_path):
    path = table_file(tmp_path, GOOD)
    with pytest.raises(InputError, match="line 2, column 'class': 'no' is text"):
        load_dataset(path, target="height")


def test_files_alike_share_their_labels(tmp_path):
    train = table_file(tmp_path, "x,class\n" + "".join(f"{i},{i % 3 + 1}\n" for i in range(30)), "train.csv")
    test = table_file(tmp_path, "x,class\n5,3.0\n5,1.0\n", "test.csv")
    validation = table_file(tmp_path, "x,class\n7,2\n", "validation.csv")
    first, second, third = load_alike(train, [test, validation])
    assert first.class_labels == second.class_labels == third.class_labels == (1, 2, 3)
    assert first.classes.tolist() == [i % 3 for i in range(30)]
    assert second.classes.tolist() == [2, 0] and third.classes.tolist() == [1]
    assert (first.features.ravel().tolist(), third.features.ravel().tolist()) == (list(map(float, range(30))), [7.0])
    assert (first.name, second.name, third.name) == ("train", "test", "validation")
    assert [one.class_labels for one in load_alike(train, [])] == [(1, 2, 3)]


def test_the_target_of_files_alike_is_that_of_the_first(tmp_path):
    rows = "".join(f"{'ab'[i % 2]},{i}\n" for i in range(20))
    train = table_file(tmp_path, "kind,x\n" + rows, "train.csv")
    other = table_file(tmp_path, "kind,x\nb,3\n", "other.csv")
    first, second = load_alike(train, [other], target="kind")
    assert first.feature_names == second.feature_names == ("x",)
    assert second.classes.tolist() == [1]


def test_a_class_of_files_alike_needs_two_samples_to_learn_from(tmp_path):
    rows = "".join(f"{i},{'a' if i else 'b'}\n" for i in range(20))
    train = table_file(tmp_path, "x,class\n" + rows, "train.csv")
    other = table_file(tmp_path, "x,class\n3,b\n", "other.csv")
    with pytest.raises(InputError, match="class 'b' has 1 sample"):
        load_alike(train, [other])


def test_files_like_a_set_of_the_literature(tmp_path):
    folder = shared_dataset_dir()
    lines = (folder / "redwine.csv").read_text().splitlines()
    other = table_file(tmp_path, "\n".join(lines[:4]) + "\n", "other.csv")
    first, second = load_alike("redwine", [other], data_dir=folder)
    whole = load_dataset("redwine", data_dir=folder)
    assert first.name == "redwine" and np.array_equal(first.features, whole.features)
    assert np.array_equal(second.features, whole.features[:3])
    assert np.array_equal(second.classes, whole.classes[:3]) and second.class_labels == whole.class_labels
    with pytest.raises(InputError, match="iris is bundled"):
        load_alike("iris", [other])


@pytest.mark.parametrize(
    ("test_text", "fragments"),
    [
        ("y,x,class\n1,2,a\n", ["another order", "column 1 is 'y' instead of 'x'"]),
        ("x,class\n1,a\n", ["no column 'y'", "train.csv"]),
        ("x,y,z,class\n1,2,3,a\n", ["no column 'z'", "test.csv"]),
        ("x,y,class\n1,2,a\n1,2,q\n", ["test.csv, line 3, column 'class'", "'q'", "does not occur", "train.csv"]),
        ("x,y,class\n1,,a\n", ["test.csv, line 2, column 'y'", "empty"]),
    ],
)
def test_files_that_are_not_alike(tmp_path, test_text, fragments):
    rows = "".join(f"{i},{i % 5},{'ab'[i % 2]}\n" for i in range(20))
    train = table_file(tmp_path, "x,y,class\n" + rows, "train.csv")
    test = table_file(tmp_path, test_text, "test.csv")
    for others in ([test], [table_file(tmp_path, "x,y,class\n1,2,b\n", "between.csv"), test]):
        with pytest.raises(InputError) as caught:
            load_alike(train, others)
        for fragment in fragments:
            assert fragment in str(caught.value)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_input_errors(tmp_path_factory, content):
    path = table_file(tmp_path_factory.getbasetemp(), content, "bytes.csv")
    try:
        load_dataset(path)
    except InputError as error:
        assert str(path) in str(error)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
        .map(lambda text: f"f{text}")
        .filter(lambda text: text.strip() == text),
        min_size=3,
        max_size=5,
        unique=True,
    ),
    st.sampled_from(",;\t"),
)
def test_any_header_and_text_labels_survive_a_quoted_table(tmp_path_factory, names, delimiter):
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = [delimiter.join(map(quoted, names))]
    labels = [f"label {name}" for name in names[:2]]
    for row in range(20):
        cells = [str(row + column) for column in range(len(names) - 1)] + [quoted(labels[row % 2])]
        lines.append(delimiter.join(cells))
    text = "\n".join(lines) + "\n"
    path = table_file(tmp_path_factory.getbasetemp(), text, "quoted.csv")
    dataset = load_dataset(path)
    assert dataset.feature_names == tuple(names[:-1])
    assert dataset.class_labels == tuple(sorted(labels))
    assert np.array_equal(dataset.classes, [dataset.class_labels.index(labels[row % 2]) for row in range(20)])
