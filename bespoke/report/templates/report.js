// The chart of the front, and what lights up in the drawing of the network.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const chart = document.getElementById("front-chart");
  const data = JSON.parse(document.getElementById("front-data").textContent);
  const tip = document.getElementById("front-tip");
  const live = document.getElementById("front-live");
  const AXES = data.axes;
  const PARTS = { test: "Test accuracy", forecast: "Forecast accuracy", train: "Training accuracy" };
  const GAP = 14;
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

  // The nearest box for a label around a mark that covers no other mark and no other label.
  const freeSpot = (px, py, length, taken, [left, top, right, bottom]) => {
    for (let reach = 11; reach < 150; reach += 12)
      for (const [dx, dy] of [[1, 0], [-1, 0], [1, -1], [1, 1], [-1, -1], [-1, 1], [0, -1], [0, 1]]) {
        const x0 = dx ? px + dx * (dy ? reach * 0.8 : reach + 3) - (dx < 0 ? length : 0) : px - length / 2;
        const y0 = py + dy * (reach + 5) - 8;
        const box = [x0, y0, x0 + length, y0 + 16];
        if (box[0] < left || box[2] > right || box[1] < top || box[3] > bottom) continue;
        if (taken.every((t) => box[0] >= t[2] || box[2] <= t[0] || box[1] >= t[3] || box[3] <= t[1])) return { box, far: reach > 30 };
      }
    return null;
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
    const free = points.some((p) => p[xKey] <= 0);
    const positive = points.filter((p) => p[xKey] > 0).map((p) => p[xKey]);
    if (!positive.length) positive.push(0.01);
    const width = Math.max(320, chart.clientWidth);
    const narrow = width < 560;
    const height = narrow ? 380 : 460;
    const margin = { top: 34, right: narrow ? 14 : 26, bottom: 52, left: 58 };
    const strip = narrow ? 38 : 54; // of designs that cost nothing, with the gap before the axis
    const edge = margin.left + (free ? strip : 0); // where the logarithmic axis begins
    const right = width - margin.right;
    const floor = height - margin.bottom;
    const low = Math.min(...positive) / 1.35;
    const high = Math.max(...positive) * (narrow ? 1.6 : 1.5);
    const ys = points.flatMap((p) => (p.intervals ? p.intervals[yKey] : [p[yKey]]));
    const pad = Math.max(0.01, (Math.max(...ys) - Math.min(...ys)) * 0.06);
    const bottom = Math.max(0, Math.min(...ys) - pad);
    const top = Math.min(1.005, Math.max(...ys) + pad);
    const x = (value) => (value > 0 ? edge + ((right - edge) * Math.log(value / low)) / Math.log(high / low) : margin.left + (strip - GAP) / 2);
    const y = (value) => floor - ((floor - margin.top) * (value - bottom)) / (top - bottom);

    chart.querySelector("svg")?.remove();
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-labelledby": "front-heading", "aria-describedby": "front-summary" });
    const grid = make("g", { "aria-hidden": "true" }, svg);
    for (const tick of logTicks(low, high)) {
      make("line", { class: tick.named ? "grid" : "grid minor", x1: x(tick.value), x2: x(tick.value), y1: margin.top, y2: floor }, grid);
      if (tick.named) make("text", { x: x(tick.value), y: floor + 19, "text-anchor": "middle" }, grid, figures(tick.value));
    }
    const { ticks, digits } = linearTicks(bottom, top);
    for (const tick of ticks) {
      make("line", { class: "grid", x1: edge, x2: right, y1: y(tick), y2: y(tick) }, grid);
      make("text", { x: margin.left - 9, y: y(tick) + 4, "text-anchor": "end" }, grid, `${(100 * tick).toFixed(digits)} %`);
    }
    if (free) { // what costs nothing has no place on a logarithmic axis: it stands in a strip of its own
      make("rect", { class: "strip", x: margin.left, y: margin.top, width: strip - GAP, height: floor - margin.top, rx: 4 }, grid);
      make("text", { x: x(0), y: floor + 19, "text-anchor": "middle", class: "zero" }, grid, "0");
      make("path", { class: "break", d: `M${edge - GAP - 3},${floor + 6}l5,-12m4,0l-5,12` }, grid);
    }
    make("path", { class: "axis", d: `M${margin.left},${floor}H${free ? edge - GAP : right}${free ? `M${edge - 4},${floor}H${right}` : ""}` }, grid);
    make("text", { class: "axis-title", x: right, y: height - 8, "text-anchor": "end" }, grid, narrow ? AXES[xKey] : `${AXES[xKey]} (smaller is better)`);
    make("text", { class: "axis-title", x: 2, y: 16, "text-anchor": "start" }, grid, PARTS[yKey]);

    // The line follows the front as the choice sees it, whatever accuracy is shown: a staircase over test accuracies
    // would be a selection on the test part.
    const front = points.filter((p) => p.fronts.includes(xKey)).sort((a, b) => a[xKey] - b[xKey]);
    const stairs = front.map((p, index) => (index ? `H${x(p[xKey])}V${y(p[yKey])}` : `M${x(p[xKey])},${y(p[yKey])}`));
    if (stairs.length > 1) make("path", { class: "frontline", d: stairs.join("") }, svg);

    const taken = []; // boxes that no label may cover
    for (const p of points) {
      if (!p.intervals) continue;
      const [from, to] = p.intervals[yKey];
      make("line", { class: `whisker ${p.kind}`, x1: x(p[xKey]), x2: x(p[xKey]), y1: y(from), y2: y(to) }, svg);
      taken.push([x(p[xKey]) - 2, y(to), x(p[xKey]) + 2, y(from)]);
    }
    const order = { network: 0, logic: 0, rival: 1, published: 1, baseline: 2, chosen: 3 };
    shown = points.slice().sort((a, b) => order[a.kind] - order[b.kind]).map((p) => {
      const [px, py] = [x(p[xKey]), y(p[yKey])];
      const size = { chosen: 7, baseline: 6, published: 6 }[p.kind] ?? 4.5;
      if (p.kind === "chosen") make("circle", { class: "halo", cx: px, cy: py, r: 12 }, svg);
      const [name, attributes] = shape(p.kind, px, py, size);
      const node = make(name, { ...attributes, class: `mark ${p.kind}` }, svg);
      const reach = p.kind === "chosen" ? 13 : size * 1.3;
      taken.push([px - reach, py - reach, px + reach, py + reach]);
      return { p, px, py, node };
    });
    for (const { p, px, py } of shown.slice().reverse()) {
      if (!p.named) continue;
      const text = make("text", { class: `tag ${p.kind}` }, svg, p.label);
      const spot = freeSpot(px, py, p.label.length * 7 + 4, taken, [margin.left, margin.top, width - 4, floor]);
      if (!spot) { text.remove(); continue; } // rather none than one over another; pointer and table name it
      taken.push(spot.box);
      text.setAttribute("x", spot.box[0] + 2);
      text.setAttribute("y", spot.box[3] - 4);
      if (spot.far) svg.insertBefore(make("path", { class: "leader", d: `M${px},${py}L${Math.min(Math.max(px, spot.box[0]), spot.box[2])},${py < spot.box[1] ? spot.box[1] : spot.box[3]}` }), svg.querySelector(".mark, .halo"));
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
