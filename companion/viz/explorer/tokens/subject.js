// What is explored: tokens that look at each other, or at those of another sequence.
const HINTS = {
  pointer: "Point at a token at the left to see where it looks, at the right to see who looks at it; or use up and down, and left and right to read one weight. Click to hold.",
  touch: "Tap a token at the left to see where it looks, at the right to see who looks at it. Tap it again to hold it.",
  holding: "Held. Choose tokens of the other column to read their weight; choose the held one again, or press Escape, to let go.",
};

async function prepare(facts, kind) {
  const lineup = lineupOf(kind), { count, all, isKey, placeOf, nameOf, segments, segmentOf, isSpecial } = lineup, wide = all - count;
  const views = viewsOf(kind.maps - kind.own, kind.own), parts = partsOf(lineup), { exact, order } = kind;
  const sizes = { layers: kind.layers.length, maps: kind.maps, queries: count, exact, others: wide - exact };
  const weightsOf = reader(await unpack(kind, sizes), views), hidden = new Uint8Array(count * wide);
  for (const cell of kind.hidden) hidden[cell] = 1;
  const range = Array.from({ length: all }, (_, item) => item), queries = range.slice(0, count), keys = range.slice(count);
  const seen = (query) => keys.filter((_, key) => !hidden[query * wide + key]).length;

  // Made once each: whole matrices, what of them is shown, and their largest weight.
  const kept = new Map();
  const once = (name, make) => kept.get(name) ?? kept.set(name, make()).get(name);
  const whole = (layer, view) => once(`${layer} ${view}`, () => {
    const weights = new Float32Array(count * wide), offs = new Float32Array(count);
    for (const query of queries) {
      const row = weightsOf(layer, views[view], query);
      order.forEach((key, at) => { weights[query * wide + key] = row.weights[at]; });
      offs[query] = row.off;
    }
    return { weights, offs };
  });
  const keepsOf = ({ part = 0 }) => once(`keeps ${part}`, () =>
    Uint8Array.from({ length: count * wide }, (_, cell) => parts[part].keeps(Math.floor(cell / wide), lineup.keyed(cell % wide))));
  const matrixOf = (layer, view, state) => once(`${layer} ${view} ${state.part}`, () => {
    const keeps = keepsOf(state);
    return whole(layer, view).weights.map((weight, cell) => weight * keeps[cell]);
  });
  function looks(layer, view, state) {
    const { query } = state, matrix = matrixOf(layer, view, state), { offs } = whole(layer, view), place = placeOf(query);
    if (!isKey(query)) return { weights: matrix.slice(place * wide, (place + 1) * wide), off: offs[place] };
    return { weights: Float32Array.from(queries, (row) => matrix[row * wide + place]), off: Math.max(...offs) };
  }

  // Where one looks most, or who looks most at it, in words; and who that is.
  function sentence(view, state, { weights, off }) {
    const { query, probe, part } = state, turned = isKey(query), others = turned ? queries : keys, { among = "" } = parts[part ?? 0];
    const isExact = (key) => order.indexOf(placeOf(key)) < exact;
    const isHidden = (item) => hidden[turned ? placeOf(item) * wide + placeOf(query) : placeOf(query) * wide + placeOf(item)];
    const on = (item) => numberOf(weights[placeOf(item)], isHidden(item) || isExact(turned ? query : item) ? 0 : off);
    const most = weights.indexOf(topOf(weights)), strongest = weights[most] ? others[most] : null, who = nameOf(query);
    const called = (item) => (kind.own && placeOf(item) === placeOf(query) ? "itself" : nameOf(item));
    const VERBS = { looks: "looks most at", rolled: "draws most from", turned: "is looked at most by", both: "gives most to" };
    const verb = VERBS[turned ? (view.rolled ? "both" : "turned") : view.rolled ? "rolled" : "looks"];
    const away = turned ? "gets no weight here" : "puts no weight here";
    const words = others.filter((item) => !isSpecial(item)), next = words.reduce((best, item) => (weights[placeOf(item)] > weights[placeOf(best)] ? item : best), words[0]);
    const also = strongest !== null && isSpecial(strongest) && weights[placeOf(next)] ? `; of the other tokens, ${verb.split(" ").pop()} ${called(next)}: ${on(next)}` : "";
    const rest = strongest === null ? ` ${away}: ${among ? "nothing of it is shown" : "all its weights are zero"}.` : ` ${verb} ${called(strongest)}: ${on(strongest)}${also}.`;
    const read = probe === null ? "" : turned ? `Of ${nameOf(probe)} on it: ${on(probe)}.` : `On ${nameOf(probe)}: ${on(probe)}${isHidden(probe) ? ", hidden from it" : ""}.`;
    return { who: among + who, rest, strongest, parts: shares(query, weights, on, !among), read };
  }
  // How its weight is shared out between kinds of tokens.
  function shares(query, weights, on, all) {
    const turned = isKey(query), others = turned ? queries : keys;
    const sum = (keeps) => numberOf(others.reduce((total, item) => total + (keeps(item) ? weights[placeOf(item)] : 0), 0));
    const told = [];
    if (kind.own) told.push(`itself ${on(turned ? placeOf(query) : lineup.keyed(query))}`);
    if (all && others.some(isSpecial)) told.push(`special tokens ${sum(isSpecial)}`);
    const within = [...new Set(others.map(segmentOf))];
    if (within.length > 1) for (const segment of within) told.push(`sentence ${LETTERS[segment]} ${sum((item) => !isSpecial(item) && segmentOf(item) === segment)}`);
    else if (all && others.some(isSpecial)) told.push(`other tokens ${sum((item) => !isSpecial(item))}`);
    if (turned) told.push(`in all ${sum(() => true)}`);
    return told.join(" · ");
  }
  // Padding, mostly: what nobody may look at, and where tokens look at each other, the same that looks.
  const masked = (item) => (isKey(item) || kind.own ? queries.every((query) => hidden[query * wide + placeOf(item)]) : !seen(item));
  const legend = [];
  if (kind.hidden.length) legend.push(["hatched", "no weight from any head of any layer, as behind a mask"]);
  if (range.some(isSpecial)) legend.push(["special", "special token"]);

  return {
    ...lineup, facts, kind, lineup, views, hidden, masked, legend, segmented: segments > 1,
    first: kind.first, looks, matrixOf, keepsOf, sentence,
    names: range.map((item) => `${placeOf(item) + 1} ${lineup.textOf(item)}`),
    topOf: (layer, view, state) => once(`top ${layer} ${view} ${state.part}`, () => topOf(matrixOf(layer, view, state))),
    even: ({ query }) => (isKey(query) ? 0 : 1 / seen(query)),
    small: {
      rows: count, columns: wide, cells: matrixOf,
      veil: (state) => once(`veil ${state.part}`, () => keepsOf(state).map((keep, cell) => (hidden[cell] ? 2 : 1 - keep))),
    },
    thumbsOf: ({ part }) => part,
    control(root, state, draw) {
      state.part = 0;
      const part = find(root, "part"), from = find(root, "from"), options = [...from.options];
      fill(part, "option", parts.map(({ name }) => name));
      part.onchange = () => {
        state.part = Number(part.value);
        const { keeps } = parts[state.part], has = (query) => keys.some((key) => keeps(query, key));
        const there = isKey(state.query) ? queries.some((query) => keeps(query, state.query)) : has(state.query);
        if (!there) Object.assign(state, { query: queries.find(has), probe: null, held: false });
        draw();
      };
      part.parentElement.hidden = parts.length < 2;
      for (const [label, side] of [["Where does it look?", false], ["Who looks at it?", true]]) {
        const group = from.appendChild(build(["optgroup", { label }]));
        group.append(...options.filter((_, item) => isKey(item) === side));
      }
    },
  };
}
