"""Figures for papers: no text over another or over a mark, what costs nothing is shown, the front is a line."""

from __future__ import annotations

import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_runs import write_sample_run

from bespoke.report import read_run
from bespoke.report.axes import COST_AXES
from bespoke.report.chart import front_line
from bespoke.report.cost_scale import CostScale
from bespoke.report.figures import _FIGURES, _STYLE
from bespoke.report.labels import Box, place_labels

FRAME = Box(0, 0, 250, 150)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(5, 245), st.floats(5, 145)), min_size=1, max_size=12), st.integers(0, 12))
def test_labels_cover_neither_marks_nor_one_another(marks, others):
    rng = np.random.default_rng(others)
    crowd = [Box.around(x, y, 3) for x, y in rng.uniform([0, 0], [250, 150], (others, 2))]
    taken = [*(Box.around(x, y, 3) for x, y in marks), *crowd]
    boxes = place_labels(marks, [(42.0, 7.0)] * len(marks), taken=taken, frame=FRAME, reach=4.5)
    found = [box for box in boxes if box is not None]
    assert found  # there is room for some label
    for box in found:
        assert box.within(FRAME) and box.right - box.left == pytest.approx(42)
        assert not any(box.overlaps(other) for other in taken)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))


def test_a_lone_label_stands_beside_its_mark():
    (box,) = place_labels([(100.0, 70.0)], [(40.0, 8.0)], taken=[Box.around(100, 70, 3)], frame=FRAME, reach=4.5)
    assert (box.left, box.bottom, box.top) == (104.5, 66, 74)


def test_where_there_is_no_room_there_is_no_label():
    assert place_labels([(10.0, 10.0)], [(300.0, 8.0)], taken=[], frame=FRAME, reach=4.5) == [None]


def rendered_texts(figure):
    """Corners of every text that is seen, in pixels, and the words."""
    figure.draw_without_rendering()
    found = []
    for text in figure.findobj(mpl.text.Text):
        if not text.get_visible() or not text.get_text().strip():
            continue
        turned, corners = text.get_rotation(), None
        text.set_rotation(0)
        flat = text.get_window_extent()
        text.set_rotation(turned)
        box = text.get_window_extent()
        if turned in (0, 90):
            corners = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])
        else:  # the rectangle itself, not the upright one around it; its middle is that of the other
            angle = np.radians(turned)
            along, up = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
            middle = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
            half = flat.width / 2 * along, flat.height / 2 * up
            corners = np.array([middle + a * half[0] + b * half[1] for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
        found.append((text.get_text(), corners))
    return found


def apart(first, second, slack=0.5):
    """Whether a line separates two convex shapes (the separating axis theorem)."""
    for corners in (first, second):
        for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            normal = np.array([one[1] - other[1], other[0] - one[0]])
            normal = normal / (np.linalg.norm(normal) or 1)
            a, b = first @ normal, second @ normal
            if a.max() <= b.min() + slack or b.max() <= a.min() + slack:
                return True
    return False


def drawn_marks(axes):
    """Middles of all marks of data, in pixels."""
    for line in axes.lines:
        if line.get_transform() == axes.transData and line.get_marker() not in ("None", None, "", " "):
            yield from axes.transData.transform(np.column_stack(line.get_data()).astype(float))


@pytest.fixture(scope="module")
def records(sample_runs, tmp_path_factory):
    root = tmp_path_factory.mktemp("figures")
    literature = {
        name: read_run(write_sample_run(root / name, data_name=name, area=area))
        for name, area in (("cardiotocography", 0.5), ("pendigits", 3.0))
    }
    return {kind: read_run(sample_runs[kind]) for kind in ("hostile", "redwine", "compared")} | literature


@pytest.mark.parametrize("name", _FIGURES)
def test_no_text_lies_on_another_or_on_a_mark(records, name):
    for kind, record in records.items():
        with mpl.rc_context(_STYLE):
            figure = _FIGURES[name](record)
            texts = rendered_texts(figure)
            marks = [mark for axes in figure.axes for mark in drawn_marks(axes)] if name != "confusion" else []
        assert len(texts) > 6
        for (one, first), (other, second) in itertools.combinations(texts, 2):
            assert apart(first, second), (kind, one, other)
        for words, corners in texts:
            low, high = corners.min(axis=0), corners.max(axis=0)
            assert not any(((mark > low) & (mark < high)).all() for mark in marks), (kind, words)


def test_published_designs_are_all_labelled(records):
    with mpl.rc_context(_STYLE):
        figure = _FIGURES["front_classifiers"](records["cardiotocography"])
    words = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    for label in ("ICCAD 2023", "DATE 2024", "TC 2023", "exact, MICRO 2020"):
        assert words.count(label) == 1


def free_first(record):
    """The run with a cheapest design that costs nothing, as a constant does."""
    nothing = {
        "area_cm2": 0.0,
        "static_power_mw": 0.0,
        "estimated_system_power_mw": 0.0,
        "estimated_system_area_cm2": 0.0,
    }
    return replace(record, front=(replace(record.front[0], **nothing), *record.front[1:]))


@pytest.mark.parametrize("name", ["front", "front_classifiers"])
def test_what_costs_nothing_stands_in_a_strip_labelled_0(records, name):
    record = free_first(records["redwine"])
    assert "0" not in tick_labels(_FIGURES[name](records["redwine"]))
    figure = _FIGURES[name](record)
    assert tick_labels(figure)[0] == "0"
    (axes,) = figure.axes
    zero = axes.get_xticks()[0]
    places = sorted(x for line in axes.lines if line.get_marker() in ("o", "D") for x in line.get_xdata())
    beside = [place for place in places if place > 1.001 * zero]
    assert places[0] == pytest.approx(zero) and len(beside) < len(places) and min(beside) > 1.1 * zero
    assert axes.get_xlim()[0] < zero


def tick_labels(figure):
    figure.draw_without_rendering()
    return [label.get_text() for label in figure.axes[0].get_xticklabels()]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=9), st.booleans())
def test_the_scale_keeps_order_and_leaves_nothing_out(costs, free):
    costs = sorted([0.0, *costs] if free else costs)
    scale = CostScale.over(costs)
    places = [scale.place(cost) for cost in costs]
    assert places == sorted(places) and scale.has_free == free
    assert all(scale.start <= place <= scale.high for place in places)
    assert all(place >= scale.low for place, cost in zip(places, costs, strict=True) if cost > 0)
    assert not free or places[0] < scale.low


def test_a_scale_of_free_designs_alone():
    assert CostScale.over([0.0, 0.0]).has_free and not CostScale.over([]).has_free


@pytest.mark.parametrize("axis", COST_AXES, ids=lambda axis: axis.title)
def test_the_line_joins_what_no_own_design_beats(records, axis):
    rows = records["compared"].front
    line = front_line(rows, axis)
    own = [row for row in rows if row.origin not in ("rival tree", "exact baseline")]
    for row in own:
        beaten = any(
            axis.of(other) <= axis.of(row)
            and other.forecast_accuracy >= row.forecast_accuracy
            and (axis.of(other), other.forecast_accuracy) != (axis.of(row), row.forecast_accuracy)
            for other in own
        )
        assert beaten == (rows.index(row) not in line), row.index
    assert [axis.of(rows[place]) for place in line] == sorted(axis.of(rows[place]) for place in line)


def test_the_figure_has_the_line_as_a_staircase(records):
    figure = _FIGURES["front"](records["redwine"])
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "front, by forecast"]
    assert line.get_drawstyle() == "steps-post" and len(line.get_xdata()) > 5
