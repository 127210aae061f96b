// All layers and heads in small: a row for each layer, a column for each view of it.
function makeThumbs(parent, { facts, views, kind, small }, choose) {
  parent.style.setProperty("--count", views.length);
  parent.style.setProperty("--size", kind.layers.length > 6 ? "2.9rem" : "4.2rem");
  parent.classList.toggle("dense", views.length > 8); // names stand upright where it is narrow
  fill(parent, "span", ["layer", ...views.map(({ name }) => name)]);
  for (const name of parent.children) name.className = "name";
  const all = kind.layers.flatMap((_, layer) => {
    fill(parent, "span", [kind.numbers[layer]]);
    return views.map((_, view) => {
      const canvas = parent.appendChild(document.createElement("canvas"));
      Object.assign(canvas, { width: small.columns, height: small.rows });
      canvas.onclick = () => choose({ layer, view });
      return { canvas, layer, view };
    });
  });
  let drawn; // what they show, so that they are not drawn again where it stays
  // The maps that are shown large are framed.
  function show(state, key, topAt, large) {
    all.forEach(({ canvas, layer, view }, at) => {
      if (key !== drawn) drawSmall(canvas, facts, small.cells(layer, view, state), topAt(at), small.veil?.(state));
      const place = large.findIndex((shown) => shown.layer === layer && shown.view === view);
      canvas.className = ["one", "two"][place] ?? "";
    });
    drawn = key;
  }
  return { all, show };
}
