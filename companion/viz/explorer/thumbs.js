// All layers and heads in small: a row for each layer, a column for each view of it.
function makeThumbs(parent, { facts, views, numbers }, choose) {
  parent.style.setProperty("--count", views.length);
  parent.style.setProperty("--size", facts.layers.length > 6 ? "2.9rem" : "4.2rem");
  fill(parent, "span", ["layer", ...views.map(({ name }) => name)]);
  const all = facts.layers.flatMap((_, layer) => {
    fill(parent, "span", [numbers[layer]]);
    return views.map((_, view) => {
      const canvas = parent.appendChild(document.createElement("canvas"));
      Object.assign(canvas, { width: facts.columns, height: facts.rows });
      canvas.onclick = () => choose({ layer, view });
      return { canvas, layer, view };
    });
  });
  // The maps that are shown large are framed.
  function show(weights, topAt, large) {
    all.forEach(({ canvas, layer, view }, at) => {
      drawSmall(canvas, facts, weights[at], topAt(at));
      const place = large.findIndex((shown) => shown.layer === layer && shown.view === view);
      canvas.className = ["one", "two"][place] ?? "";
    });
  }
  return { all, show };
}
