// What is explored: patches of a picture, and the prefix tokens before them.
const HINTS = {
  pointer: "Point at a patch or use the arrow keys: it is framed, and a ring marks where it looks most. Click to hold it.",
  touch: "Tap a patch: it is framed, and a ring marks where it looks most. Tap it again to hold it.",
  holding: "Held. Choose other patches to read their weight; choose the held one again, or press Escape, to let go.",
};

async function prepare(facts, kind) {
  const { prefix, rows, columns } = kind, first = prefix.length, tokens = first + rows * columns;
  const heads = kind.maps - 1, grid = gridOf(kind), views = viewsOf(heads, true);
  const sizes = { layers: kind.layers.length, maps: kind.maps, queries: tokens, exact: first, others: rows * columns };
  const weightsOf = reader(await unpack(kind, sizes), views);
  const image = new Image();
  image.src = kind.image;
  await image.decode();
  const looks = (layer, view, { query }) => weightsOf(layer, views[view], query);

  // Where one looks most, in words; and the patch that gets most.
  function sentence(view, { query, probe }, { weights, off }) {
    const who = capital(grid.who(query)), on = (token) => numberOf(weights[token], off);
    const top = topOf(weights, first), strongest = weights.indexOf(top, first), most = weights.indexOf(Math.max(...weights));
    const parts = `itself ${on(query)} · all patches ${numberOf(sumOf(weights, first))}`;
    const read = probe === null ? "" : `On ${grid.nameOf(probe)}: ${on(probe)}.`;
    if (!weights[most]) return { who, rest: " looks nowhere: its weights are all zero.", strongest: null, parts, read };
    const also = grid.isPrefix(most) ? `; of the patches, at ${grid.nameOf(strongest)}: ${numberOf(top)}` : "";
    const verb = view.rolled ? "draws most from" : "looks most at";
    return { who, rest: ` ${verb} ${grid.whom(most)}: ${numberOf(weights[most])}${also}.`, strongest, parts, read };
  }
  return {
    ...grid, facts, kind, grid, views, image, first: kind.first, looks, sentence, pictured: true,
    names: Array.from({ length: tokens }, (_, token) => grid.nameOf(token)),
    topOf: (...chosen) => topOf(looks(...chosen).weights, first),
    even: () => 1 / tokens,
    small: { rows, columns, cells: (...chosen) => looks(...chosen).weights.subarray(first) },
    thumbsOf: ({ query }) => query,
    control(root, _, draw) {
      const box = find(root, "pictured");
      box.onchange = () => { this.pictured = box.checked; draw(); };
    },
  };
}
