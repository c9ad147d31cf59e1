"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const chart = document.getElementById("front-chart");
  const data = JSON.parse(document.getElementById("front-data").textContent);
  const tip = document.getElementById("front-tip");
  const live = document.getElementById("front-live");
  const AXES = data.axes;
  const PARTS = { test: "Test accuracy", forecast: "Forecast accuracy", train: "Training accuracy" };
  let shown = [];
  let active = -1;

  const make = (name, attributes, parent, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  };
  const picked = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
  const figures = (value) => {
    if (value === null) return "–";
    if (value >= 1000) return String(Math.round(value));
    return String(Number(value.toPrecision(3)));
  };
  const percent = (value) => `${(100 * value).toFixed(1)} %`;

  const shape = (kind, x, y, size) => {
    if (kind === "logic") return ["path", { d: `M${x},${y - size * 1.25}l${size * 1.25},${size * 1.25}l${-size * 1.25},${size * 1.25}l${-size * 1.25},${-size * 1.25}z` }];
    if (kind === "baseline") return ["rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, rx: 1.5 }];
    if (kind === "published") return ["path", { d: `M${x},${y - size * 1.2}l${size * 1.2},${size * 2.1}h${-size * 2.4}z` }];
    if (kind === "rival") return ["path", { d: `M${x},${y + size * 1.3}l${size * 1.25},${-size * 2.2}h${-size * 2.5}z` }];
    return ["circle", { cx: x, cy: y, r: size }];
  };

  const logTicks = (low, high) => {
    const wide = Math.log10(high / low) > 2.4;
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
      for (let digit = 1; digit < 10; digit += 1) {
        const value = digit * 10 ** power;
        if (value >= low * 0.999 && value <= high * 1.001)
          ticks.push({ value, named: digit === 1 || (!wide && (digit === 2 || digit === 5)) });
      }
    return ticks;
  };
  const linearTicks = (low, high) => {
    const raw = (high - low) / 6;
    const base = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((k) => k * base).find((s) => s >= raw);
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k += 1) ticks.push(k * step);
    return { ticks, digits: Math.max(0, Math.ceil(-Math.log10(step * 100) - 1e-9)) + (step * 100 % 1 ? 1 : 0) };
  };

  function draw() {
    const xKey = picked("front-x");
    const yKey = picked("front-y");
    const literature = document.getElementById("front-published");
    const withPublished = literature !== null && literature.checked && yKey === "test";
    const close = document.getElementById("front-close").checked;
    if (literature !== null) literature.disabled = !data.points.some((p) => p.kind === "published" && p[xKey] !== null) || yKey !== "test";
    let points = data.points.filter((p) => p[xKey] !== null && p[xKey] !== undefined && p[yKey] !== null && p[yKey] !== undefined);
    points = points.filter((p) => p.kind !== "published" || withPublished);
    const chosen = points.find((p) => p.kind === "chosen");
    if (close && chosen) {
      const floor = chosen[yKey] - 0.08;
      points = points.filter((p) => p[yKey] >= floor && (p.kind !== "baseline"));
    }
    const positive = points.filter((p) => p[xKey] > 0).map((p) => p[xKey]);
    const smallest = positive.length ? Math.min(...positive) : 0.01;
    const place = (p) => Math.max(p[xKey], smallest / 2);
    const width = Math.max(320, chart.clientWidth);
    const narrow = width < 560;
    const height = narrow ? 360 : 440;
    const margin = { top: 16, right: narrow ? 14 : 26, bottom: 50, left: 58 };
    const xs = points.map(place);
    const low = Math.min(...xs) / 1.35;
    const high = Math.max(...xs) * (narrow ? 1.6 : 1.5);
    const ys = points.flatMap((p) => (p.intervals ? p.intervals[yKey] : [p[yKey]]));
    const pad = Math.max(0.01, (Math.max(...ys) - Math.min(...ys)) * 0.06);
    const bottom = Math.max(0, Math.min(...ys) - pad);
    const top = Math.min(1.005, Math.max(...ys) + pad);
    const x = (value) => margin.left + ((width - margin.left - margin.right) * Math.log(value / low)) / Math.log(high / low);
    const y = (value) => height - margin.bottom - ((height - margin.top - margin.bottom) * (value - bottom)) / (top - bottom);

    chart.querySelector("svg")?.remove();
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-labelledby": "front-summary" });
    const grid = make("g", { "aria-hidden": "true" }, svg);
    for (const tick of logTicks(low, high)) {
      make("line", { class: tick.named ? "grid" : "grid minor", x1: x(tick.value), x2: x(tick.value), y1: margin.top, y2: height - margin.bottom }, grid);
      if (tick.named) make("text", { x: x(tick.value), y: height - margin.bottom + 19, "text-anchor": "middle" }, grid, figures(tick.value));
    }
    if (points.some((p) => p[xKey] <= 0)) { // designs without a gate stand left of the logarithmic axis, at a mark of their own
      const zero = x(smallest / 2);
      make("rect", { class: "paper", x: zero - 14, y: height - margin.bottom + 6, width: 28, height: 18 }, grid);
      make("text", { x: zero, y: height - margin.bottom + 19, "text-anchor": "middle", class: "zero" }, grid, "0");
    }
    const { ticks, digits } = linearTicks(bottom, top);
    for (const tick of ticks) {
      make("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }, grid);
      make("text", { x: margin.left - 9, y: y(tick) + 4, "text-anchor": "end" }, grid, `${(100 * tick).toFixed(digits)} %`);
    }
    make("text", { class: "axis-title", x: width - margin.right, y: height - 8, "text-anchor": "end" }, grid, narrow ? AXES[xKey] : `${AXES[xKey]} (smaller is better)`);
    make("text", { class: "axis-title", x: margin.left + 4, y: margin.top + 10, "text-anchor": "start" }, grid, PARTS[yKey]);

    const ours = points.filter((p) => ["network", "logic", "chosen"].includes(p.kind)).sort((a, b) => place(a) - place(b));
    // The line follows the front as the choice sees it, whatever accuracy is shown: a staircase over test accuracies
    // would be a selection on the test part.
    let best = -1;
    const corners = [];
    for (const p of ours) {
      if (p.forecast <= best) continue;
      corners.push(`${x(place(p))},${y(p[yKey])}`);
      best = p.forecast;
    }
    if (corners.length > 1) make("path", { class: "frontline", d: `M${corners.join("L")}` }, svg);

    for (const p of points) {
      if (!p.intervals) continue;
      const [from, to] = p.intervals[yKey];
      make("line", { class: `whisker ${p.kind}`, x1: x(place(p)), x2: x(place(p)), y1: y(from), y2: y(to) }, svg);
    }
    const order = { network: 0, logic: 0, rival: 1, published: 1, baseline: 2, chosen: 3 };
    shown = points.slice().sort((a, b) => order[a.kind] - order[b.kind]).map((p) => {
      const [px, py] = [x(place(p)), y(p[yKey])];
      const size = { chosen: 7, baseline: 6, published: 6 }[p.kind] ?? 4.5;
      if (p.kind === "chosen") make("circle", { class: "halo", cx: px, cy: py, r: 12 }, svg);
      const [name, attributes] = shape(p.kind, px, py, size);
      const node = make(name, { ...attributes, class: `mark ${p.kind}` }, svg);
      return { p, px, py, node };
    });
    const taken = shown.filter(({ p }) => p.kind === "chosen").map(({ px, py }) => [px - 12, py, 24]);
    for (const { p, px, py } of shown.slice().reverse()) {
      if (!p.named) continue;
      const length = p.label.length * 6.6;
      const spots = [[px + 15, py + 4, "start"], [px - 15, py + 4, "end"], [px + 12, py - 13, "start"], [px + 12, py + 21, "start"], [px - 12, py - 13, "end"], [px - 12, py + 21, "end"]];
      const spot = spots.find(([tx, ty, anchor]) => {
        const left = anchor === "start" ? tx : tx - length;
        if (left < margin.left || left + length > width - 4) return false;
        if (taken.some((t) => left < t[0] + t[2] && t[0] < left + length && Math.abs(ty - t[1]) < 14)) return false;
        taken.push([left, ty, length]);
        return true;
      });
      if (spot) make("text", { class: `tag ${p.kind}`, x: spot[0], y: spot[1], "text-anchor": spot[2] }, svg, p.label);
    }
    chart.prepend(svg);
    shown.sort((a, b) => a.px - b.px);
    active = -1;
    tip.hidden = true;

    const nearest = (event) => {
      const box = svg.getBoundingClientRect();
      const scale = width / box.width;
      const [mx, my] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      let found = -1;
      let reach = 34;
      shown.forEach((mark, index) => {
        const distance = Math.hypot(mark.px - mx, mark.py - my);
        if (distance < reach) [found, reach] = [index, distance];
      });
      return found;
    };
    svg.addEventListener("pointermove", (event) => show(nearest(event), false));
    svg.addEventListener("pointerdown", (event) => show(nearest(event), false));
    svg.addEventListener("pointerleave", () => show(-1, false));
    svg.addEventListener("blur", () => show(-1, false));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (event.key === "Escape") show(-1, false);
      if (!step || !shown.length) return;
      event.preventDefault();
      show(active < 0 ? (step > 0 ? 0 : shown.length - 1) : (active + step + shown.length) % shown.length, true);
    });
  }

  function show(index, announce) {
    if (index === active) return;
    if (active >= 0) shown[active].node.classList.remove("active");
    active = index;
    tip.hidden = index < 0;
    if (index < 0) return;
    const { p, px, py, node } = shown[index];
    node.classList.add("active");
    const lines = [];
    for (const part of ["test", "forecast", "train"])
      if (p[part] !== null && p[part] !== undefined) {
        const interval = p.intervals ? ` [${percent(p.intervals[part][0])}, ${percent(p.intervals[part][1])}]` : "";
        lines.push(`${PARTS[part]} ${percent(p[part])}${interval}`);
      }
    if (p["system-power"] !== null) lines.push(`System: ${figures(p["system-power"])} mW · ${figures(p["system-area"])} cm², ${p.comparators} comparator${p.comparators === 1 ? "" : "s"}`);
    lines.push(`Classifier: ${figures(p.power)} mW static · ${figures(p.area)} cm²`);
    if (p.note) lines.push(p.note);
    tip.replaceChildren();
    const title = document.createElement("b");
    title.textContent = p.label;
    tip.append(title);
    for (const line of lines) {
      const row = document.createElement("div");
      row.textContent = line;
      tip.append(row);
    }
    const scale = chart.clientWidth / Math.max(320, chart.clientWidth);
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(px * scale - half, 4), chart.clientWidth - 2 * half - 4)}px`;
    const above = py * scale - tip.offsetHeight - 18;
    tip.style.top = `${above > 0 ? above : py * scale + 20}px`;
    if (announce) live.textContent = `${p.label}: ${lines.join(", ")}`;
  }

  for (const control of document.querySelectorAll("#front-controls input")) control.addEventListener("change", draw);
  draw();
  let drawnWidth = chart.clientWidth;
  new ResizeObserver(() => requestAnimationFrame(() => {
    if (chart.clientWidth === drawnWidth) return;
    drawnWidth = chart.clientWidth;
    draw();
  })).observe(chart);

  for (const network of document.querySelectorAll(".network")) {
    const edges = [...network.querySelectorAll(".edge")];
    const clear = () => {
      network.classList.remove("focused");
      for (const node of network.querySelectorAll(".lit")) node.classList.remove("lit");
    };
    for (const unit of network.querySelectorAll(".unit")) {
      const light = () => {
        clear();
        network.classList.add("focused");
        unit.classList.add("lit");
        for (const edge of edges)
          if (edge.dataset.source === unit.dataset.key || edge.dataset.target === unit.dataset.key) edge.classList.add("lit");
      };
      unit.addEventListener("pointerenter", light);
      unit.addEventListener("pointerleave", clear);
      unit.addEventListener("focus", light);
      unit.addEventListener("blur", clear);
    }
  }

  const copy = document.getElementById("copy");
  if (navigator.clipboard) {
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById("command").textContent);
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
  } else copy.hidden = true;
})();
