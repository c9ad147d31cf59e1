"""The report's section on the data: what the card says, drawn, with no name that becomes markup."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pytest
from sample_runs import HOSTILE_FEATURE, HOSTILE_LABEL

from bespoke.data import Dataset, FeatureRange, Scale, Scaling, card_of, prepare, prepare_without_test
from bespoke.errors import InputError
from bespoke.report import read_run
from bespoke.report.data_card import data_rows, read_card, scaling_in_words
from bespoke.report.page import render_report


def card(bits: int = 4):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(90, 3))
    features[:, 2] = 2 * features[:, 1]
    labels = ("fine", HOSTILE_LABEL)
    dataset = Dataset("d", ("a", HOSTILE_FEATURE, "c"), labels, features, np.arange(90) % 2, "d.csv", ("a <note>",))
    return card_of(prepare_without_test(dataset, bits=bits, scaling=Scaling(Scale.QUANTILE)))


def test_the_section_says_what_the_card_does(run_folder):
    folder = run_folder()
    assert 'id="data"' not in render_report(read_run(folder))  # a run of an earlier version
    found = card()
    (folder / "data.json").write_text(json.dumps(found.to_json()), encoding="utf-8")
    page = render_report(read_run(folder))
    section = page[page.index('<section id="data"') :].partition("</section>")[0]
    assert HOSTILE_FEATURE not in section and HOSTILE_LABEL not in section
    assert HOSTILE_FEATURE in html.unescape(section) and HOSTILE_LABEL in html.unescape(section)
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", section)
    assert len(rows) == 3
    for row, feature in zip(rows, found.features, strict=True):
        assert html.escape(feature.name, quote=False)[:8] in row
        assert f"{feature.low:.4g}" in row and f"{feature.high:.4g}" in row
        filled = sum(count > 0 for count in feature.histogram) + sum(share > 0 for share in feature.levels)
        assert row.count("<rect") == filled
    assert section.count('class="warning"') == len(found.warnings) > 0
    assert "a &lt;note&gt;." in section and '<a href="#data">' in page


def test_missing_values_are_said_to_be_those_of_the_training_part(run_folder):
    features = np.random.default_rng(0).normal(size=(90, 2))
    features[::2, 1] = np.nan  # 45 of all samples
    dataset = Dataset("d", ("a", "b"), ("no", "yes"), features, np.arange(90) // 45, "d.csv")
    data = prepare(dataset)
    folder = run_folder()
    (folder / "data.json").write_text(json.dumps(card_of(data).to_json()), encoding="utf-8")
    page = render_report(read_run(folder))
    assert ">Missing in training</th>" in page and "values of these samples alone" in page
    counted = sum(row % 2 == 0 for row in data.train.rows)
    assert [row.missing for row in data_rows(card_of(data))] == [0, counted] and 0 < counted < 45
    assert f'<td class="n">{counted}</td>' in page
    (folder / "data.json").write_text(json.dumps(card().to_json()), encoding="utf-8")
    assert "Missing in training" not in render_report(read_run(folder))


@pytest.mark.parametrize("bits", [1, 4, 8, 12])
def test_no_row_has_more_bars_than_can_be_seen(bits):
    for row, feature in zip(data_rows(card(bits)), card(bits).features, strict=True):
        assert len(row.levels) <= 64 and max(row.levels) == max(row.values) == 1.0
        step = max(1, 2**bits // 64)
        joined = np.array(feature.levels).reshape(-1, step).sum(axis=1)
        assert np.allclose(row.levels, joined / joined.max())


def test_a_damaged_card_is_named(tmp_path):
    assert read_card(tmp_path) is None
    for text in ("{", "[]", '{"schema": 2}'):
        (tmp_path / "data.json").write_text(text)
        with pytest.raises(InputError, match=r"data\.json: "):
            read_card(tmp_path)


def test_the_rule_of_scaling_in_words():
    assert scaling_in_words({}) == "the training part's minimum and maximum"
    fixed = [str(FeatureRange("t", 0.0, 5.0))]
    said = scaling_in_words({"scale": "quantile", "range": fixed})
    assert "1st and 99th percentile" in said and "(t=0.0:5.0)" in said
    assert all(scaling_in_words({"scale": str(kind)}) for kind in Scale)
