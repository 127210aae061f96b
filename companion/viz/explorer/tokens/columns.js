// Two columns: who looks at the left, at whom at the right, and lines between them.
const SVG = "http://www.w3.org/2000/svg";
const FAINT = [[0.15, 0.35], [0.35, 0.6], [0.6, 2]]; // shares of the scale, for lines of those not chosen

function makeColumns(stage, { facts, lineup, segmented, masked }) {
  const { count, all, isKey, placeOf } = lineup, rows = Math.max(count, all - count);
  stage.style.setProperty("--row", rows <= 16 ? "1.85rem" : rows <= 32 ? "1.45rem" : "1.1rem");
  stage.classList.toggle("many", rows > 32);
  const token = (item) => {
    const starts = segmented && (placeOf(item) === 0 || lineup.segmentOf(item) !== lineup.segmentOf(item - 1));
    const made = build(["div", { class: "token" }, ["i", {}], ["span", {}, lineup.textOf(item)], ["b", {}], ["small", {}, starts ? LETTERS[lineup.segmentOf(item)] : ""]]);
    made.classList.toggle("special", lineup.isSpecial(item));
    made.classList.toggle("masked", masked(item));
    if (segmented) made.dataset.segment = lineup.segmentOf(item) % 3;
    return made;
  };
  const items = Array.from({ length: all }, (_, item) => token(item));
  const left = stage.appendChild(build(["div", { class: "left" }])), drawing = stage.appendChild(document.createElementNS(SVG, "svg"));
  const right = stage.appendChild(build(["div", { class: "right" }]));
  items.forEach((made, item) => (isKey(item) ? right : left).append(made));
  drawing.setAttribute("viewBox", `0 0 100 ${rows}`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  drawing.style.height = `calc(${rows} * var(--row))`;
  const path = (name) => {
    const made = drawing.appendChild(document.createElementNS(SVG, "path"));
    made.setAttribute("class", name);
    return made;
  };
  const faint = FAINT.map((_, at) => path(`faint${at}`));
  const strong = Array.from({ length: rows }, () => path("strong"));
  const curve = (query, key) => `M0 ${query + 0.5}C45 ${query + 0.5} 55 ${key + 0.5} 100 ${key + 0.5}`;
  let drawn; // the matrix whose faint lines are there

  function showFaint(matrix, top) {
    const wide = all - count, found = FAINT.map(() => "");
    matrix.forEach((weight, cell) => {
      const at = FAINT.findIndex(([low, high]) => weight > low * top && weight <= high * top);
      if (at >= 0) found[at] += curve(Math.floor(cell / wide), cell % wide);
    });
    faint.forEach((line, at) => line.setAttribute("d", found[at]));
  }
  function show({ query, probe, held }, weights, matrix, top, strongest) {
    if (drawn !== matrix || drawn.top !== top) showFaint(matrix, top);
    drawn = Object.assign(matrix, { top });
    items.forEach((made, item) => {
      const other = isKey(item) !== isKey(query), weight = other ? weights[placeOf(item)] : 0, [heat, , number] = made.children;
      number.textContent = weight >= 0.005 ? weight.toFixed(2) : "";
      heat.style.background = other ? colourOf(facts, shareOf(weight, top)) : "";
      made.classList.toggle("other", other);
      for (const [name, on] of Object.entries({ query: item === query, probe: item === probe, strongest: item === strongest, held: held && item === query }))
        made.classList.toggle(name, on);
    });
    strong.forEach((line, at) => {
      const share = at < weights.length ? shareOf(weights[at], top) : 0;
      line.setAttribute("d", share < 0.01 ? "" : isKey(query) ? curve(at, placeOf(query)) : curve(placeOf(query), at));
      line.style.strokeWidth = 0.7 + 5.3 * share;
      line.style.opacity = 0.3 + 0.7 * share;
    });
  }
  // The token of the nearer column under a pointer.
  function under(event) {
    const { left: start, width } = stage.getBoundingClientRect(), key = event.clientX > start + width / 2;
    const { top, height } = (key ? right : left).getBoundingClientRect(), many = key ? all - count : count;
    const place = Math.min(many - 1, Math.max(0, Math.floor(((event.clientY - top) / height) * many)));
    return [key ? lineup.keyed(place) : place];
  }
  return { show, under };
}
