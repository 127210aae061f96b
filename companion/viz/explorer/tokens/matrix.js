// The matrix: a row for each token that looks, a column for each that is looked at.
const LABELLED = 24; // more have no room for their names
const [AWAY, VEIL] = [1, 2].map((of) => `rgb(${VEILS[of]})`), HATCH = "#6b7280";

function makeMatrix(side, { facts, kind, lineup, hidden }) {
  const { count, all, isKey, placeOf } = lineup, wide = all - count;
  const [stage, canvas, across, down] = ["matrix", "drawn", "across", "down"].map((name) => find(side, name));
  const zoom = Math.max(6, Math.round(600 / Math.max(count, wide)));
  Object.assign(canvas, { width: zoom * wide, height: zoom * count });
  side.style.setProperty("--wide", wide);
  if (Math.max(count, wide) <= LABELLED) {
    fill(down, "span", kind.queries.tokens);
    fill(across, "span", kind.keys.tokens);
  }
  const special = (parent, line) => [...parent.children].forEach((label, place) => label.classList.toggle("special", line.special[place]));
  special(down, kind.queries);
  special(across, kind.keys);
  side.classList.toggle("bare", !down.children.length);

  function hatch(context, x, y) {
    context.fillStyle = VEIL;
    context.fillRect(x, y, zoom, zoom);
    context.strokeStyle = HATCH;
    context.lineWidth = Math.max(1, zoom / 16);
    context.beginPath();
    context.moveTo(x, y + zoom);
    context.lineTo(x + zoom, y);
    context.stroke();
  }
  // Between sentences runs a line.
  function divide(context) {
    context.fillStyle = HATCH;
    const edges = ({ segments }) => segments.flatMap((segment, at) => (at && segment !== segments[at - 1] ? [at * zoom] : []));
    for (const y of edges(kind.queries)) context.fillRect(0, y - 1, canvas.width, 2);
    for (const x of edges(kind.keys)) context.fillRect(x - 1, 0, 2, canvas.height);
  }
  let drawn;
  function show({ query, probe, held }, keeps, matrix, top, strongest) {
    if (drawn !== matrix || canvas.top !== top) {
      const context = paper(canvas, facts);
      matrix.forEach((weight, cell) => {
        const x = (cell % wide) * zoom, y = Math.floor(cell / wide) * zoom;
        context.fillStyle = keeps[cell] ? colourOf(facts, shareOf(weight, top)) : AWAY;
        context.fillRect(x, y, zoom, zoom);
        if (hidden[cell]) hatch(context, x, y);
      });
      divide(context);
      drawn = matrix;
      canvas.top = top;
    }
    const part = (share) => `${100 * share}%`, place = placeOf(query);
    const row = (at) => ({ top: part(at / count), height: part(1 / count) }), column = (at) => ({ left: part(at / wide), width: part(1 / wide) });
    const cell = (other) => (other === null ? null : isKey(query) ? { ...row(other), ...column(place) } : { ...row(place), ...column(placeOf(other)) });
    mark(find(stage, "query"), isKey(query) ? { ...column(place), top: "0", height: "100%" } : { ...row(place), left: "0", width: "100%" }, held);
    mark(find(stage, "probe"), cell(probe), held);
    mark(find(stage, "strongest"), cell(strongest), held);
    [...down.children].forEach((label, at) => label.classList.toggle("named", at === query || at === probe));
    [...across.children].forEach((label, at) => label.classList.toggle("named", [query, probe].includes(lineup.keyed(at))));
  }
  // The row under a pointer and the column: who looks, and on whom the weight is read.
  function under(event) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    const at = (share, many) => Math.min(many - 1, Math.max(0, Math.floor(share * many)));
    return [at((event.clientY - top) / height, count), lineup.keyed(at((event.clientX - left) / width, wide))];
  }
  return { show, under, stage };
}
