// One large map: its choices, picture, scale and prefix tokens, and what it says.
function makeMap({ facts, grid, views, image, markup, numbers }, shown, choose, changed) {
  const root = build(markup.map), { prefix } = facts, tokens = prefix.length + facts.rows * facts.columns;
  const [stage, canvas, layer, head] = ["stage", "drawn", "layer", "head"].map((name) => find(root, name));
  fit(canvas, facts, image);
  drawRamp(root.querySelector(".ramp canvas"), facts);
  stage.setAttribute("aria-label", `The picture in ${facts.rows} rows and ${facts.columns} columns of patches`);
  fill(layer, "option", facts.layers.map((name, at) => [`Layer ${numbers[at]}`, name]));
  fill(head, "option", views.map(({ long }) => long[0].toUpperCase() + long.slice(1)));
  layer.onchange = () => { shown.layer = Number(layer.value); changed(); };
  head.onchange = () => { shown.view = Number(head.value); changed(); };
  const chips = prefix.map((_, token) => {
    const chip = find(root, "prefix").appendChild(build(["button", { type: "button" }, ["i", {}], ["span", {}], " ", ["b", {}]]));
    chip.onclick = () => choose(token);
    return chip;
  });

  function mark(name, token, held) {
    const frame = find(root, name);
    frame.hidden = token === null || grid.isPrefix(token);
    if (!frame.hidden) Object.assign(frame.style, grid.boxOf(token));
    frame.classList.toggle("held", held);
  }
  function showScale(top) {
    const even = 1 / tokens, tick = find(root, "tick");
    find(root, "top").textContent = numberOf(top);
    find(root, "even").textContent = `${numberOf(even)} if spread evenly${even > top ? ": off this scale" : ""}`;
    tick.hidden = even > top;
    tick.style.left = `${(100 * even) / top}%`;
  }
  function showPrefix(query, weights, top) {
    chips.forEach((chip, token) => {
      const [heat, name, number] = chip.children;
      chip.setAttribute("aria-pressed", String(token === query));
      heat.style.background = colourOf(facts, shareOf(weights[token], top));
      name.textContent = prefix[token];
      number.textContent = numberOf(weights[token]);
    });
  }
  // Draws it and returns what it says.
  function show({ query, probe, held }, { weights, off }, top, pictured) {
    const view = views[shown.view], place = `layer ${numbers[shown.layer]}, ${view.long}`;
    const { who, rest, patch } = sentenceOf(grid, prefix, view, query, weights);
    const on = (token) => numberOf(weights[token], off);
    root.setAttribute("aria-label", place);
    layer.value = shown.layer;
    head.value = shown.view;
    drawMap(canvas, facts, pictured ? image : null, weights, top);
    mark("query", query, held);
    mark("probe", probe, held);
    mark("strongest", patch, held);
    showScale(top);
    showPrefix(query, weights, top);
    find(root, "seen").replaceChildren(build(["strong", {}, who]), rest);
    find(root, "parts").textContent = `itself ${on(query)} · all patches ${numberOf(sumOf(weights, prefix.length))}`;
    const read = probe === null ? "" : `On ${grid.nameOf(probe)}: ${on(probe)}.`;
    find(root, "read").textContent = read;
    return { place, words: `${who}${rest}${read && ` ${read}`}` };
  }
  return { root, stage, shown, show };
}

// Where one looks most, in words; and the patch that gets most.
function sentenceOf(grid, prefix, view, query, weights) {
  const name = grid.who(query), who = name[0].toUpperCase() + name.slice(1);
  const top = topOf(weights, prefix.length), patch = weights.indexOf(top, prefix.length);
  const most = weights.indexOf(Math.max(...weights));
  if (!weights[most]) return { who, rest: " looks nowhere: its weights are all zero.", patch: null };
  const also = grid.isPrefix(most) ? `; of the patches, at ${grid.nameOf(patch)}: ${numberOf(top)}` : "";
  const verb = view.rolled ? "draws most from" : "looks most at";
  return { who, rest: ` ${verb} ${grid.whom(most)}: ${numberOf(weights[most])}${also}.`, patch };
}
