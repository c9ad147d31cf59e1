"""Cost matrices: read by label whatever their order, and one clear sentence for what cannot be read."""

from __future__ import annotations

import pytest

from bespoke.data import read_cost_matrix
from bespoke.errors import InputError

LABELS = ("ill", "unclear", "well")
#: Costs by true class (rows) and answered class (columns), in the order of LABELS.
COSTS = ((0.0, 2.0, 50.0), (1.0, 0.0, 4.5), (3.0, 1.0, 0.0))
GOOD = ",ill,unclear,well\nill,0,2,50\nunclear,1,0,4.5\nwell,3,1,0\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        "true \\ answered" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", " , "),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace("\n", "\n,,,\n"),
        GOOD.rstrip("\n"),
        '"","ill","unclear","well"\n' + GOOD.partition("\n")[2],
        "class,well,ill,unclear\nunclear,4.5,1,0\nwell,0,3,1\nill,5e1,0,2\n",
    ],
)
def test_costs_are_found_by_their_labels(tmp_path, content):
    path = tmp_path / "costs.csv"
    path.write_bytes(content.encode())
    assert read_cost_matrix(path, LABELS) == COSTS


@pytest.mark.parametrize("labels", [(0, 1), ("0", "1")])
def test_labels_are_compared_as_text(tmp_path, labels):
    path = tmp_path / "costs.csv"
    path.write_text("t,1,0\n0,7,0\n1,0,0\n")
    assert read_cost_matrix(str(path), labels) == ((0.0, 7.0), (0.0, 0.0))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "", "the file is empty"),
        (GOOD, ",ill,unclear,well\n", "a row of costs for every class"),
        ("\nwell,3,1,0", "", "first column (true classes): the class 'well' of the data is missing"),
        (GOOD, ",well\nwell,0\n", "line 1 (answered classes): the classes 'ill', 'unclear' of the data are missing"),
        (",ill,unclear,well", ",ill,unclear", "line 1 (answered classes): the class 'well' of the data is missing"),
        ("\nwell", "\nhealthy", "'healthy' is no class of the data, which are 'ill', 'unclear', 'well'"),
        ("unclear,well", "unclear,dead", "line 1 (answered classes): 'dead' is no class"),
        ("\nwell", "\nill", "first column (true classes): the class 'ill' stands there twice"),
        ("unclear,well", "unclear,ill", "line 1 (answered classes): the class 'ill' stands there twice"),
        ("unclear,well", "unclear,well,", "line 1 (answered classes): entry 4 is empty"),
        ("4.5", "dear", "line 3 (true class 'unclear'), column 'well': 'dear' is not a finite number"),
        ("4.5", "inf", "line 3 (true class 'unclear'), column 'well': 'inf' is not a finite number"),
        ("4.5", "nan", "'nan' is not a finite number"),
        ("4.5", "1_0", "'1_0' is not a finite number"),
        ("4.5", "-1", "line 3 (true class 'unclear'), column 'well': a cost must be 0 or more, not -1"),
        ("4.5", "", "line 3 (true class 'unclear'), column 'well': the cell is empty"),
        ("4.5", '"4,5"', "line 3 (true class 'unclear'), column 'well': '4,5' is not a finite number"),
        (",4.5", "", "line 3 (true class 'unclear'): 2 costs for 3 classes"),
        ("4.5", "4.5,1", "line 3 (true class 'unclear'): 4 costs for 3 classes"),
        ("4.5", '"4.5', "not a readable table"),
        ("4.5", "4.5\x00", "binary file"),
        (GOOD, ",ill,unclear,well\nill,1,1,0\nunclear,2,2,2\nwell,0,0,1\n", "no wrong answer costs more"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, old, new, message):
    path = tmp_path / "costs.csv"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_cost_matrix(path, LABELS)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_and_labels_that_do_not_serve(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_cost_matrix(tmp_path / "costs.csv", LABELS)
    with pytest.raises(InputError, match="this is a folder"):
        read_cost_matrix(tmp_path, LABELS)
    path = tmp_path / "costs.csv"
    path.write_text(GOOD)
    with pytest.raises(InputError, match="differ in spaces alone"):
        read_cost_matrix(path, ("ill", "ill ", "well"))


def test_a_long_list_of_classes_is_cut(tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text(GOOD)
    with pytest.raises(InputError, match=r"'0', '1', '2', '3', '4', \.\.\.$"):
        read_cost_matrix(path, range(30))
