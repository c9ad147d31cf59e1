"use strict";
// What every page does: tables and drawings are saved without network, say that they scroll, and print whole.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity", "paint-order",
    "font-family", "font-size", "font-weight", "text-anchor"];

  const save = (content, name, ending) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = `${`${document.body.dataset.name}-${name}`.replace(/[^\w.-]+/g, "_")}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // Cells as they are read, drawings left out; numbers with the minus sign that programs know.
  const cellText = (cell) => {
    const copy = cell.cloneNode(true);
    for (const node of copy.querySelectorAll("svg, [aria-hidden]")) node.remove();
    for (const node of copy.querySelectorAll("br, .interval, .pill")) node.before(" ");
    return copy.textContent.replace(/\s+/g, " ").trim().replace(/^\u2212(?=[\d.]+$)/, "-");
  };
  const csvOf = (table) => [...table.rows]
    .map((row) => [...row.cells].filter((cell) => !cell.classList.contains("drawn")).map((cell) => {
      const text = cellText(cell);
      return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }).join(","))
    .join("\r\n") + "\r\n";

  // A drawing by itself: the page's style written into it, always in light colours, for it will stand on paper.
  const aloneAs = (figure) => {
    const drawn = figure.querySelector("svg");
    const box = drawn.viewBox.baseVal;
    const alone = drawn.cloneNode(true);
    const root = document.documentElement;
    root.classList.add("light");
    const style = (from, to) => {
      const seen = getComputedStyle(from);
      to.setAttribute("style", KEPT.map((name) => `${name}:${seen.getPropertyValue(name)}`).join(";"));
    };
    const [from, to] = [drawn, alone].map((svg) => [svg, ...svg.querySelectorAll("*")]);
    from.forEach((node, index) => { if (!["title", "style"].includes(node.localName)) style(node, to[index]); });
    let height = box.height;
    const key = figure.querySelector(".key");
    if (key) { // its marks stand under the drawing as they do on the page
      const origin = key.getBoundingClientRect();
      for (const item of key.children) {
        const place = item.getBoundingClientRect();
        const mark = item.querySelector("svg").cloneNode(true);
        [...item.querySelectorAll("svg *")].forEach((node, index) => style(node, mark.querySelectorAll("*")[index]));
        for (const [name, value] of [["x", place.x - origin.x + 4], ["y", height + place.y - origin.y + 4], ["width", 14], ["height", 14]]) mark.setAttribute(name, value);
        const text = document.createElementNS(SVG, "text");
        text.textContent = item.textContent.trim();
        text.setAttribute("x", place.x - origin.x + 24);
        text.setAttribute("y", height + place.y - origin.y + 15);
        alone.append(mark, text);
        style(item, text);
        text.style.fill = getComputedStyle(item).color;
      }
      height += origin.height + 12;
    }
    const paper = document.createElementNS(SVG, "rect");
    for (const [name, value] of [["x", box.x], ["y", box.y], ["width", box.width], ["height", height]]) paper.setAttribute(name, value);
    paper.style.fill = getComputedStyle(root).getPropertyValue("--surface");
    root.classList.remove("light");
    alone.prepend(paper);
    for (const title of alone.querySelectorAll(":scope > title")) alone.prepend(title);
    alone.setAttribute("xmlns", SVG);
    alone.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${height}`);
    alone.setAttribute("width", box.width);
    alone.setAttribute("height", height);
    return { text: new XMLSerializer().serializeToString(alone), width: box.width, height };
  };
  const savePng = (figure, name) => {
    const { text, width, height } = aloneAs(figure);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      const scale = Math.max(1, Math.min(3, 12000 / width, 12000 / height)); // browsers limit a canvas
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((content) => save(content, name, "png"), "image/png");
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  };

  const SAVERS = {
    csv: (figure, name) => save(new Blob([csvOf(figure.querySelector("table"))], { type: "text/csv;charset=utf-8" }), name, "csv"),
    svg: (figure, name) => save(new Blob([aloneAs(figure).text], { type: "image/svg+xml" }), name, "svg"),
    png: savePng,
  };
  for (const button of document.querySelectorAll("[data-download]")) {
    const figure = button.closest("figure");
    button.addEventListener("click", () => SAVERS[button.dataset.download](figure, figure.dataset.name));
    button.parentElement.hidden = false;
  }

  // What is wider than its place says so, and can be reached and scrolled by keyboard.
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.classList.contains("scroll") ? target : target.closest(".scroll");
      const wide = box.scrollWidth > box.clientWidth + 1;
      box.classList.toggle("wider", wide);
      const hint = box.parentElement.querySelector(".hint");
      if (hint) hint.hidden = !wide;
      if (wide || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".scroll")) {
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
  }

  // Paper cannot be clicked: what is folded is printed, too.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const node of opened) node.open = true;
  });
  addEventListener("afterprint", () => { for (const node of opened) node.open = false; });
})();
