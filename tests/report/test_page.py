"""The page says what the run measured, loads nothing, and lets no name in a file become markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from sample_runs import HOSTILE_FEATURE, HOSTILE_LABEL, with_confusion

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import LogicCircuit, to_json, used_bits
from bespoke.report import compare_runs, comparison_html, published_designs, read_run, wording, write_report
from bespoke.report.breakdown import input_shares
from bespoke.report.front_end import chosen_front_end, priced_otherwise
from bespoke.report.page import render_report
from bespoke.sensing import FrontEnd, FrontEndKind, ThermometerWires
from bespoke.statistics import wilson_interval

VOID = {"meta", "link", "br", "img", "input", "line", "path", "rect", "circle"}


KINDS = ["network", "logic", "hostile", "redwine", "comparators", "compared", "digital", "validated"]


class Page(HTMLParser):
    """Tags with attributes, text, and whether every tag is closed by its own."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.stack, self.crossed = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def pages(sample_runs):
    return {kind: Page(write_report(folder).read_text(encoding="utf-8")) for kind, folder in sample_runs.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed_and_loads_nothing(pages, kind):
    page = pages[kind]
    assert not page.crossed and not page.stack
    for tag, attributes in page.tags:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "action", "data", "xlink:href"):
            target = attributes.get(name) or ""
            assert not re.match(r"(?i)\s*(https?:|//|javascript:)", target), (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    anchors = {a["href"][1:] for t, a in page.tags if t == "a" and a.get("href", "").startswith("#")}
    assert anchors <= set(identifiers)


@pytest.fixture(scope="module")
def documents(sample_runs, pages):
    """Every page as text, and a comparison."""
    texts = {kind: (folder / "report.html").read_text(encoding="utf-8") for kind, folder in sample_runs.items()}
    frame = compare_runs([sample_runs["network"], sample_runs["hostile"]])
    return texts | {"comparison": comparison_html(frame)}


class Tree(HTMLParser):
    """A page as elements that know what they stand in; ``text`` is what is read, script and style left out."""

    def __init__(self, text):
        super().__init__()
        self.root = ElementTree.Element("page")
        self.above, self._stack = {self.root: None}, [self.root]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = ElementTree.SubElement(self._stack[-1], tag, {name: value or "" for name, value in attributes})
        self.above[element] = self._stack[-1]
        if tag not in VOID:
            self._stack.append(element)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self._stack.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._stack.pop().tag == tag

    def handle_data(self, data):
        inside = self._stack[-1]
        if len(inside):
            inside[-1].tail = (inside[-1].tail or "") + data
        else:
            inside.text = (inside.text or "") + data

    def all(self, *tags):
        return [element for element in self.root.iter() if element.tag in tags]

    def ancestors(self, element):
        while (element := self.above[element]) is not None:
            yield element


def words(element):
    return " ".join("".join(element.itertext()).split())


def has_class(element, *names):
    return bool({*names} & {*element.get("class", "").split()})


@pytest.mark.parametrize("kind", [*KINDS, "comparison"])
def test_everything_on_a_page_has_a_name(documents, kind):
    tree = Tree(documents[kind])
    (page,), (title,) = tree.all("html"), [node for node in tree.all("title") if tree.above[node].tag == "head"]
    assert page.get("lang") == "en" and words(title)
    identifiers = [element.get("id") for element in tree.root.iter() if element.get("id")]
    assert len(identifiers) == len(set(identifiers))
    assert all(name in identifiers for node in tree.root.iter() for name in node.get("aria-labelledby", "").split())
    assert all(tree.above[field].tag == "label" and words(tree.above[field]) for field in tree.all("input"))
    assert all(button.get("aria-label") or words(button) for button in tree.all("button"))
    assert all(words(table.find("caption")) for table in tree.all("table"))
    assert all(head.get("scope") in ("col", "row") for head in tree.all("th"))
    assert all(words(group.find("legend")) for group in tree.all("fieldset"))
    assert all(area.get("aria-labelledby") or area.get("aria-label") for area in tree.all("section", "nav"))
    for drawing in tree.all("svg"):
        if any(node.tag == "svg" for node in tree.ancestors(drawing)):
            continue  # part of another drawing
        told = drawing.get("aria-hidden") == "true" or drawing.get("aria-label") or drawing.get("aria-labelledby")
        assert told or words(drawing.find("title")), drawing.attrib


@pytest.mark.parametrize("kind", [*KINDS, "comparison"])
def test_every_table_and_drawing_can_be_saved(documents, kind):
    """Each in a figure with a name of its own, inside something that scrolls, with buttons for its formats."""
    tree = Tree(documents[kind])
    figures = tree.all("figure")
    names = [figure.get("data-name") for figure in figures]
    assert figures and all(names) and len(set(names)) == len(names)
    for table in tree.all("table"):
        scroll, figure = list(tree.ancestors(table))[:2]
        assert has_class(scroll, "scroll") and scroll.get("aria-label") and figure.tag == "figure"
    for place in tree.all("div"):
        if has_class(place, "network", "drawing", "chart"):
            assert tree.above[place].tag == "figure"
    for figure in figures:
        kinds = [button.get("data-download") for button in figure.iter("button")]
        holds_table = any(True for _ in figure.iter("table"))
        assert kinds == (["csv"] if holds_table else ["svg", "png"]), figure.get("data-name")


def test_a_sign_is_not_a_colour_alone(documents):
    """What subtracts is dashed, its bits are barred, a source that is too weak is crossed and hatched."""
    page = documents["network"]
    assert re.search(r"\.edge\.minus \{[^}]*stroke-dasharray", page)
    assert re.search(r"\.bits\.minus i\.on \{[^}]*linear-gradient", page)
    assert re.search(r"\.bar\.short \{[^}]*repeating-linear-gradient", page)
    tree = Tree(page)
    (sources,) = [figure for figure in tree.all("figure") if figure.get("data-name") == "power-sources"]
    verdicts = set()
    for row in sources.find(".//tbody"):
        weak = "too weak" in words(row)
        assert ("✗" in words(row)) == weak and ("✓" in words(row)) != weak
        assert any(has_class(node, "short") for node in row.iter()) == weak
        verdicts.add(weak)
    assert verdicts == {True, False}


def test_print_keeps_shading_and_breaks_nothing(documents):
    rules = documents["comparison"].split("@media print {")[1]
    assert "print-color-adjust: exact" in rules and "break-inside: avoid" in rules
    assert "@media screen and (prefers-color-scheme: dark)" in documents["comparison"]  # paper stays white


@pytest.mark.parametrize("kind", ["network", "hostile"])
def test_the_policy_allows_the_page_s_own_script_alone(sample_runs, kind):
    text = write_report(sample_runs[kind]).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_hostile_names_stay_text(sample_runs, pages):
    for kind in ("hostile", "digital"):
        text = write_report(sample_runs[kind]).read_text(encoding="utf-8")
        assert HOSTILE_FEATURE not in text and HOSTILE_LABEL not in text
        assert HOSTILE_FEATURE in pages[kind].text
        assert HOSTILE_LABEL in pages[kind].text
    data = re.search(r'<script type="application/json" id="front-data">(.*?)</script>', text, flags=re.S).group(1)
    json.loads(data)


def test_the_figures_of_the_run_stand_on_the_page(sample_runs, pages):
    metrics = read_run(sample_runs["network"]).metrics
    text = pages["network"].text
    for value in (
        f"{100 * metrics.chosen.accuracy.test.value:.1f}",
        f"{100 * metrics.chosen.accuracy.test.low:.1f}",
        "0.620",
        f"{metrics.ratios.area:.1f}×",
        wording.figures(metrics.chosen.estimated_system_power_mw),
        wording.ratio(metrics.ratios.system_power),
        str(metrics.chosen.comparators),
        metrics.command,
        "Blue Spark",
        "too weak",
        "proven equivalent",
        "python 3.11.2",
        str(metrics.chosen.cells),
    ):
        assert value in text, value
    rows = re.findall(r'<td class="cell[^"]*"[^>]*>(\d+)</td>', (sample_runs["network"] / "report.html").read_text())
    assert np.array(rows, dtype=int).reshape(3, 3).tolist() == [list(row) for row in metrics.chosen.confusion]


@pytest.mark.parametrize("kind", ["network", "validated"])
def test_forecasts_stand_on_the_page_and_say_what_they_rest_on(sample_runs, pages, kind):
    metrics, text = read_run(sample_runs[kind]).metrics, pages[kind].text
    folds = "Forecasts are cross-fitted: 5 times the whole procedure ran" in text
    assert folds == (kind == "network")
    assert ("Forecasts are from the validation part" in text) == (kind == "validated")
    assert f"{metrics.data.train_samples} samples trained and searched on" in text
    assert ("31 validated on" in text) == (kind == "validated")
    for design in (metrics.chosen, metrics.baseline, metrics.rival):
        assert f"{100 * design.forecast_low:.1f}–{100 * design.forecast_high:.1f}" in text


def test_the_chart_has_a_forecast_for_every_design(sample_runs, pages):
    record = read_run(sample_runs["network"])
    text = (sample_runs["network"] / "report.html").read_text()
    points = json.loads(re.search(r'id="front-data">(.*?)</script>', text, flags=re.S).group(1))["points"]
    forecasts = [point["forecast"] for point in points]
    assert forecasts == [row.forecast_accuracy for row in record.front]
    (chosen,) = [point for point in points if point["kind"] == "chosen"]
    design = record.metrics.chosen
    assert chosen["intervals"]["forecast"] == [design.forecast_low, design.forecast_high]
    (baseline,) = [point for point in points if point["kind"] == "baseline"]
    assert baseline["note"].startswith("the float model in fixed point")
    axes = [a["value"] for t, a in pages["network"].tags if t == "input" and a.get("name") == "front-y"]
    assert axes == ["test", "forecast", "train"]


def test_each_class_has_its_recall(sample_runs, pages):
    text = (sample_runs["network"] / "report.html").read_text(encoding="utf-8")
    counts = read_run(sample_runs["network"]).metrics.chosen.confusion
    cells = re.findall(r'<td class="n recall">(.*?)</td><td class="n quiet">(\d+)</td>', text)
    assert len(cells) == len(counts)
    for index, (recall, samples) in enumerate(cells):
        row = counts[index]
        low, high = wilson_interval(row[index], sum(row))
        assert int(samples) == sum(row)
        assert f"{100 * row[index] / sum(row):.1f}" in recall
        assert f"{100 * low:.1f}–{100 * high:.1f}" in recall


def test_a_class_that_is_never_answered_is_warned_of(sample_runs):
    record = read_run(sample_runs["hostile"])
    assert "never answers" not in render_report(with_confusion(record, ((12, 0, 0), (0, 9, 0), (0, 0, 0))))
    silent = with_confusion(record, ((0, 12, 0), (0, 9, 0), (0, 0, 0)))
    page = render_report(silent)
    assert HOSTILE_LABEL not in page
    assert f"never answers class {HOSTILE_LABEL}: 12 of the 21 test samples." in html.unescape(page)
    assert '<td class="n recall">–</td><td class="n quiet">0</td>' in page  # no sample, no recall, no warning


def test_published_designs_stand_where_the_literature_has_the_data(pages):
    assert "ICCAD 2023" in pages["redwine"].text and "favours them" in pages["redwine"].text
    assert "ICCAD 2023" not in pages["network"].text


@pytest.mark.parametrize(
    ("name", "label", "accuracy", "area", "power"),
    [
        ("cardiotocography", "DATE 2024", 0.904, 0.841, 2.64),
        ("pendigits", "ICCAD 2023", 0.881, 13.7, 44.3),
        ("redwine", "TC 2023", 0.550, 0.533, 1.65),
        ("pendigits", "exact, MICRO 2020", 0.94, 67.1, None),
    ],
)
def test_published_figures(name, label, accuracy, area, power):
    design = {design.label: design for design in published_designs(name)}[label]
    assert (design.accuracy, design.area_cm2, design.static_power_mw) == (accuracy, area, power)
    assert design.source


def test_no_published_figures_for_other_data():
    assert published_designs("breast_cancer") == ()


def test_a_logic_circuit_says_that_it_is_one(pages):
    text = pages["logic"].text
    assert "and-inverter graph of 3 two-input AND nodes over the bits" in text and "No neuron" in text
    assert "Every weight and mask" not in text


def test_comparators_are_described_as_comparators(pages):
    """What is said of a front end is said of that kind alone."""
    for kind in ("comparators", "compared"):
        text = pages[kind].text
        assert "A comparator switches where" in text and "over the bits of the inputs" not in text
        assert "flash converter for these bits" not in text and "Bits from highest" not in text
    assert "3 of them directly" in pages["compared"].text and "over the comparators above" in pages["compared"].text
    for kind in ("network", "logic"):
        text = pages[kind].text
        assert "A flash converter per feature" in text and "Bits from highest" in text
        assert "threshold" not in text.lower()
    digital = pages["digital"].text
    assert "from elsewhere" in digital and "lash converter" not in digital and "comparators and" not in digital.lower()


def test_thresholds_stand_in_the_sensors_unit(sample_runs, pages):
    record = read_run(sample_runs["compared"])
    text = pages["compared"].text
    for feature in (0, 6, 12):
        assert f"≥ {record.quantiser.threshold_text(feature, 8)}" in text


@pytest.mark.parametrize("kind", ["comparators", "compared", "network", "logic"])
def test_costs_by_feature_add_up_to_the_front_end(sample_runs, kind):
    record = read_run(sample_runs[kind])
    shares = input_shares(record, chosen_front_end(record, None))
    chosen = record.metrics.chosen
    for field, total in (
        ("converter_area_cm2", chosen.estimated_front_end_area_cm2),
        ("converter_power_mw", chosen.estimated_front_end_power_mw),
        ("comparators", chosen.comparators),
    ):
        assert sum(getattr(share, field) for share in shares) == pytest.approx(total)


def test_other_published_figures_reprice_the_system(sample_runs, pages):
    record = read_run(sample_runs["compared"])
    own, other = priced_otherwise(record, chosen_front_end(record, None))
    chosen = record.metrics.chosen
    assert own.own and own.figures.name == "date-2024" and other.figures.name == "esl-2024"
    assert own.system_power_mw == pytest.approx(chosen.estimated_system_power_mw)
    # By hand: three comparators of 0.0461 mW and 0.0008 cm² each, and no encoder.
    assert other.front_end_power_mw == pytest.approx(3 * 0.0461) and other.front_end_area_cm2 == pytest.approx(0.0024)
    logic_mw = chosen.estimated_system_power_mw - chosen.estimated_front_end_power_mw
    assert other.system_power_mw == pytest.approx(logic_mw + 3 * 0.0461)
    assert "The same system by other published figures" in pages["compared"].text
    assert "The same system by other" not in pages["network"].text  # one set alone has an encoder


@pytest.mark.parametrize("objective", ["system-power", "system-area", "power", "area"])
def test_the_chart_starts_at_what_the_run_made_small(run_folder, objective):
    folder = run_folder("compared")
    settings = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(f'{settings}objective = "{objective}"\n')
    page = Page(write_report(folder).read_text())
    axes = {a["value"]: "checked" in a for t, a in page.tags if t == "input" and a.get("name") == "front-x"}
    assert axes == {name: name == objective for name in ("system-power", "system-area", "power", "area")}


def test_rival_trees_are_marked_as_such(sample_runs, pages):
    text = (sample_runs["comparators"] / "report.html").read_text()
    data = json.loads(re.search(r'id="front-data">(.*?)</script>', text, flags=re.S).group(1))
    kinds = [point["kind"] for point in data["points"]]
    assert kinds.count("rival") == 3 and kinds.count("chosen") == 1 and kinds.count("baseline") == 1
    assert [point["label"] for point in data["points"] if point["named"] and point["kind"] == "rival"] == ["Rival tree"]
    assert "24 designs and 3 rival decision trees" in pages["comparators"].text


def test_no_source_is_named_for_the_classifier_alone(sample_runs, pages):
    """Blue Spark could carry this logic; with its converters it cannot."""
    metrics = read_run(sample_runs["network"]).metrics
    assert metrics.chosen.total_power_mw < 3 < metrics.chosen.estimated_system_power_mw < 30
    assert "Carried by: Molex" in pages["network"].text and "Carried by: Blue Spark" not in pages["network"].text


def test_figures_that_cannot_be_read_any_more_cost_nothing_but_the_breakdown(run_folder):
    folder = run_folder("compared")
    settings = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(f'{settings}front_end_figures = "/gone.toml"\n')
    record = read_run(folder)
    assert record.front_end is None and record.metrics.chosen.estimated_system_power_mw is not None
    front_end = chosen_front_end(record, None)
    assert front_end.by_feature() is None and priced_otherwise(record, front_end) == ()
    assert "None" not in Page(write_report(folder).read_text()).text.replace("None of the listed", "")


def test_the_front_end_is_the_run_s(sample_runs):
    assert read_run(sample_runs["digital"]).front_end == FrontEnd(FrontEndKind.DIGITAL, None)
    assert read_run(sample_runs["compared"]).front_end.figures.name == "date-2024"


def test_the_network_is_drawn_with_every_weight(sample_runs, pages):
    network = read_run(sample_runs["network"]).chosen_model
    edges = [attributes for tag, attributes in pages["network"].tags if tag == "path" and "data-source" in attributes]
    expected = sum(not s.is_zero for layer in network.layers for neuron in layer.neurons for s in neuron.summands)
    assert len(edges) == expected
    bits = [a["class"] for t, a in pages["network"].tags if t == "rect" and a.get("class", "").startswith("bit")]
    assert sum(name == "bit on" for name in bits) == used_bits(network).sum()


def test_influence_is_that_of_shuffling(sample_runs):
    record = read_run(sample_runs["logic"])
    shares = {share.name: share for share in input_shares(record, chosen_front_end(record, None))}
    read = {name for name, share in shares.items() if share.used}
    assert len(read) == 3
    for name, share in shares.items():
        assert (share.influence == 0.0) if name not in read else (0 <= share.influence < 1)
    assert max(share.influence for share in shares.values()) > 0.05


def test_the_same_run_gives_the_same_page(run_folder):
    folder = run_folder()
    first = write_report(folder).read_bytes()
    assert write_report(folder).read_bytes() == first
    assert not list(folder.glob(".report*"))


def damaged_row(path):
    header, _, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header, "0,search,network,good" + "," * (header.count(",") - 3), *rest]))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "metrics.json").unlink(), "resume"),
        (lambda folder: (folder / "metrics.json").write_text("{"), "cannot be read as JSON"),
        (lambda folder: (folder / "metrics.json").write_text('{"schema": 99}'), "schema 99"),
        (
            lambda folder: (folder / "metrics.json").write_text('{"schema": 4}'),
            "not the metrics file of a run by this version: RunMetrics lacks",
        ),
        (lambda folder: (folder / "front.csv").unlink(), "front.csv is missing"),
        (lambda folder: (folder / "metrics.json").write_text('{"schema": 3}'), "schema 3, this version reads 4"),
        (
            lambda folder: (folder / "front.csv").write_text("index,kind\n1,network\n"),
            "lacks the columns origin",
        ),
        (lambda folder: damaged_row(folder / "front.csv"), "line 2: ValueError"),
        (lambda folder: (folder / "models/approximate.json").unlink(), "approximate.json is missing"),
        (lambda folder: (folder / "models/approximate.json").write_text("[]"), "no model"),
    ],
)
def test_damaged_runs_say_what_is_wrong(run_folder, damage, words):
    folder = run_folder()
    damage(folder)
    with pytest.raises(InputError, match=words) as caught:
        write_report(folder)
    assert str(folder) in str(caught.value)


def test_folders_that_are_no_runs(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_report(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no run folder"):
        write_report(tmp_path)


def test_a_design_that_needs_nothing(run_folder):
    """A constant classifier has no gates, no area, no ratio."""
    folder = run_folder()
    document = json.loads((folder / "metrics.json").read_text())
    for name in ("area_cm2", "static_power_mw", "static_power_train_mw", "dynamic_power_mw", "total_power_mw"):
        document["chosen"][name] = 0.0
    for source in document["chosen"]["power_sources"]:
        source |= {"carries": True, "margin": None, "life_h": None}
    for name in ("front_end_area_cm2", "front_end_power_mw", "system_area_cm2", "system_power_mw"):
        document["chosen"][f"estimated_{name}"] = 0.0
    document["chosen"]["comparators"] = 0
    document["ratios"] = dict.fromkeys(document["ratios"])
    document["chosen"]["cell_counts"], document["chosen"]["used_inputs"] = {}, []
    (folder / "metrics.json").write_text(json.dumps(document))
    text = Page(write_report(folder).read_text()).text
    assert "∞" in text and "nan" not in text.lower().split()


def test_a_constant_behind_comparators(run_folder):
    """It reads no sensor, so there is no wire, no comparator and nothing to draw before the logic."""
    folder = run_folder("compared")
    path = folder / "models/approximate.json"
    constant = LogicCircuit(
        ThermometerWires.of(13, 4, []), 3, Circuit(0, np.zeros((0, 2), dtype=int), np.array([0, 1]))
    )
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": to_json(constant)}))
    page = Page(write_report(folder).read_text())
    assert "no sensor is read" in page.text and not page.crossed
    front_end = chosen_front_end(read_run(folder), None)
    assert front_end.read_features() == () and all(not cost.power_mw for cost in front_end.by_feature())


def test_one_of_a_kind_is_not_called_several(run_folder):
    """One comparator at one sensor, whose wire is the answer."""
    folder = run_folder("compared")
    path = folder / "models/approximate.json"
    single = LogicCircuit(
        ThermometerWires.of(13, 4, [(0, 5)]), 3, Circuit(1, np.zeros((0, 2), dtype=int), np.array([2, 0]))
    )
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": to_json(single)}))
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["chosen"]["used_inputs"] = metrics["data"]["features"][:1]
    metrics["chosen"] |= {"comparators": 1, "cells": 1}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    page = Page(write_report(folder).read_text())
    assert "Block diagram: 1 sensor, comparators" in page.text and "1 of 13 features is read" in page.text
    several = "sensors|comparators|features|nodes|cells|neurons|used inputs|designs|rival decision trees"
    assert not re.search(rf"(?<![\w.,–])1 (printed |AND )?({several})", page.text)


def test_things_are_counted_in_words():
    told = [wording.counted(count, "sensor") for count in (None, 0, 1, 2)]
    assert told == ["– sensors", "0 sensors", "1 sensor", "2 sensors"]


def luminance(colour):
    """Relative luminance as WCAG 2.1 defines it, of sRGB 0..1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(pages, sample_runs, scheme):
    text = (sample_runs["network"] / "report.html").read_text()
    blocks = re.findall(r":root(?::not\(\.light\))? \{(.*?)\}", text, flags=re.S)
    assert len(blocks) == 2
    named = {
        name: tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
        for block in (blocks[:1] if scheme == "light" else blocks)
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)
    }
    words = {"ink", "muted", "chosen", "baseline", "published", "rival", "positive", "negative", "bad"}
    pairs = {(ink, paper) for ink in words for paper in ("page", "surface")}
    # segments and commands are sunk, a pill and a warning have papers of their own, the pointer's note is turned round
    pairs |= {("ink", "sunk"), ("muted", "sunk"), ("chosen", "chosen-soft"), ("bad", "bad-soft"), ("page", "ink")}
    for ink, paper in pairs | {("ink", "chosen-soft"), ("muted", "chosen-soft"), ("muted", "bad-soft")}:
        assert contrast(named[ink], named[paper]) >= 4.5, (ink, paper)
    for mark in ("network", "logic", *words):  # what is drawn, not read
        for paper in ("surface", "sunk"):
            assert contrast(named[mark], named[paper]) >= 3, (mark, paper)
    for tone in ("chosen", "negative"):  # numbers in the confusion matrix, at every shade
        for step in range(101):
            share = step / 100
            shade = [a * share + b * (1 - share) for a, b in zip(named[tone], named["sunk"], strict=True)]
            ink = (
                "cell-strong"
                if share > 0.88
                else "cell-mid"
                if share > {"chosen": 0.51, "negative": 0.61}[tone]
                else "cell-low"
            )
            assert contrast(named[ink], shade) >= 4.5, (tone, share, ink)
