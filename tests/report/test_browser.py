"""The report in a real browser: it draws, it complains of nothing, it asks the network for nothing."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

import matplotlib.image
import pytest

from bespoke.report import read_run, wording, write_report

BROWSER = os.environ.get("BESPOKE_BROWSER") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here; name one in BESPOKE_BROWSER"),
]


def browse(url, profile, *options):
    """Standard output and error of one headless visit."""
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--enable-logging=stderr",
        "--virtual-time-budget=3000",
        f"--user-data-dir={profile}",
        *options,
        url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("kind", ["redwine", "logic", "hostile", "comparators", "printed"])
def test_the_page_draws_without_a_complaint(sample_runs, tmp_path, kind):
    page = write_report(sample_runs[kind])
    document, complaints = browse(page.as_uri(), tmp_path / "profile", "--window-size=1200,2000", "--dump-dom")
    assert not complaints
    chart = re.search(r'<div class="chart" id="front-chart">(.*?)<div class="tip"', document, flags=re.S).group(1)
    marks = re.findall(r'class="mark (\w+)"', chart)
    assert marks.count("chosen") == 1 and marks.count("baseline") == 1 and len(marks) > 20
    assert marks.count("rival") == 3
    assert marks.count("published") == 0  # there are no figures of their systems
    assert "NaN" not in chart


@pytest.mark.parametrize("width", [1200, 400])
def test_a_screenshot_shows_something_and_fits(sample_runs, tmp_path, width):
    page = write_report(sample_runs["network"])
    shot = tmp_path / "shot.png"
    browse(page.as_uri(), tmp_path / "profile", f"--window-size={max(width, 500)},1600", f"--screenshot={shot}")
    image = matplotlib.image.imread(shot)[..., :3]
    assert image.shape[0] == 1600
    colours = {tuple(pixel) for pixel in (image[::4, ::4] * 255).astype(int).reshape(-1, 3).tolist()}
    assert len(colours) > 30  # text, chart, cards; a blank page has one
    assert image.std() > 0.03
    columns = image.std(axis=(0, 2)) > 0.01
    assert columns[:4].sum() == 0 and columns[-4:].sum() == 0  # nothing runs out of the page


@pytest.mark.parametrize("kind", ["network", "printed"])
def test_a_phone_scrolls_up_and_down_only(sample_runs, tmp_path, kind):
    """Measured inside a frame as wide as a phone, because a headless window has a least width."""
    page = write_report(sample_runs[kind])
    text = page.read_text(encoding="utf-8")
    policy = re.search(r"<meta http-equiv[^>]*>", text).group(0)
    probe = "<script>document.title = document.documentElement.scrollWidth + ' ' + innerWidth;</script></body>"
    inner = tmp_path / "inner.html"
    inner.write_text(text.replace(policy, "").replace("</body>", probe), encoding="utf-8")
    outer = tmp_path / "outer.html"
    outer.write_text(
        '<iframe src="inner.html" width="360" height="800" style="border:0"></iframe>'
        "<script>onload = () => { document.title = document.querySelector('iframe').contentDocument.title; };</script>"
    )
    document, _ = browse(outer.as_uri(), tmp_path / "profile", "--allow-file-access-from-files", "--dump-dom")
    content, window = map(int, re.search(r"<title>(\d+) (\d+)</title>", document).groups())
    assert window == 360 and content <= window


def test_the_page_asks_for_nothing_but_itself(sample_runs, tmp_path):
    """Served by a server that notes every request; the browser's own log confirms it for other hosts."""
    content = write_report(sample_runs["redwine"]).read_bytes()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    log = tmp_path / "net.json"
    try:
        browse(
            f"http://127.0.0.1:{server.server_address[1]}/report.html",
            tmp_path / "profile",
            f"--log-net-log={log}",
            "--dump-dom",
        )
    finally:
        server.shutdown()
        server.server_close()
    assert asked == ["/report.html"]
    text = log.read_text(encoding="utf-8", errors="replace")
    events = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")["events"]
    started = [
        event["params"]["url"]
        for event in events
        if "url" in event.get("params", {}) and str(event["params"].get("initiator", "")).startswith("http://127.0.0.1")
    ]
    assert all(url.startswith("http://127.0.0.1") for url in started)


SAVED = """<script>
const texts = {}, RealBlob = Blob;
let last;
Blob = function (parts, options) { last = parts.join(""); return new RealBlob(parts, options); };
HTMLAnchorElement.prototype.click = function () { texts[this.download] = last; };
const folded = () => String(document.querySelectorAll("details:not([open])").length);
texts.before = folded();
dispatchEvent(new Event("beforeprint"));
texts.printed = folded();
dispatchEvent(new Event("afterprint"));
texts.after = folded();
for (const button of document.querySelectorAll("[data-download=csv], [data-download=svg]")) button.click();
const out = document.createElement("pre");
out.id = "kept";
out.textContent = JSON.stringify(texts);
document.body.append(out);
</script></body>"""


def test_tables_and_drawings_are_saved_whole(sample_runs, tmp_path):
    """Every button gives a file; a table is the one on the page, a drawing stands by itself in light colours."""
    page = write_report(sample_runs["comparators"])
    text = page.read_text(encoding="utf-8")
    policy = re.search(r"<meta http-equiv[^>]*>", text).group(0)
    inner = tmp_path / "page.html"
    inner.write_text(text.replace(policy, "").replace("</body>", SAVED), encoding="utf-8")
    options = ("--window-size=1200,2000", "--force-dark-mode", "--dump-dom")
    document, complaints = browse(inner.as_uri(), tmp_path / "profile", *options)
    assert not complaints
    kept = json.loads(html.unescape(re.search(r'<pre id="kept">(.*?)</pre>', document, flags=re.S).group(1)))
    before, printed, after = (int(kept.pop(name)) for name in ("before", "printed", "after"))
    assert printed == 0 and before == after > 0
    names = re.findall(r'<figure data-name="([^"]+)"|<figure [^>]*data-name="([^"]+)"', text)
    endings = {name.rpartition(".")[2] for name in kept}
    assert endings == {"csv", "svg"}
    assert {name.partition("wine-")[2].rpartition(".")[0] for name in kept} == {a or b for a, b in names}
    for name, content in kept.items():
        if name.endswith("svg"):
            root = ElementTree.fromstring(content)
            assert root.tag == "{http://www.w3.org/2000/svg}svg" and float(root.get("width")) > 100
            assert "var(" not in content and "rgb(255, 255, 255)" in content, name
    rows = list(csv.reader(io.StringIO(kept["wine-system.csv"])))
    assert rows[0][:3] == ["Figure", "Chosen design", "Exact baseline"] and len({len(row) for row in rows}) == 1
    chosen = read_run(sample_runs["comparators"]).metrics.chosen
    (power,) = [row for row in rows if row[0] == "System power, mW"]
    assert power[1] == wording.figures(chosen.estimated_system_power_mw)
    designs = list(csv.reader(io.StringIO(kept["wine-designs.csv"])))
    assert len(designs) == 1 + len(read_run(sample_runs["comparators"]).front)
