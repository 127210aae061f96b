// The explorer itself: what it holds, what is chosen, and everything drawn anew when that changes.
async function start(host) {
  const facts = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
  facts.palette = paletteOf(facts.colours);
  const { prefix, layers, markup, numbers } = facts, heads = facts.maps - 1;
  const grid = gridOf(facts), views = viewsOf(heads), weightsOf = reader(await unpack(facts), views);
  const image = new Image();
  image.src = facts.image;
  await image.decode();

  const usual = heads > 1 ? heads : 0; // the mean of heads, or the only head
  const state = {
    query: facts.first, probe: null, held: false,
    maps: [{ layer: layers.length - 1, view: usual }, { layer: 0, view: layers.length > 1 ? usual : heads > 1 ? 0 : 1 }],
  };
  const shadow = host.attachShadow({ mode: "open" });
  const root = build(markup.view);
  shadow.append(build(["style", {}, markup.style]), root);
  const [from, compare, common, pictured, said] = ["from", "compare", "common", "pictured", "said"].map((name) => find(root, name));

  const parts = { facts, grid, views, image, markup, numbers };
  const changed = () => { tour.leave(); draw(true); };
  const { listen, choose } = pointing(state, grid, draw, () => tour.leave());
  const ask = (token) => choose(token, false);
  const panels = state.maps.map((shown) => makeMap(parts, shown, ask, changed));
  const thumbs = makeThumbs(find(root, "thumbs"), parts, (chosen) => { Object.assign(state.maps[0], chosen); changed(); });
  for (const panel of panels) {
    find(root, "maps").insertBefore(panel.root, find(root, "overview"));
    listen(panel.stage);
  }
  const tokens = prefix.length + facts.rows * facts.columns;
  fill(from, "option", Array.from({ length: tokens }, (_, token) => grid.nameOf(token)));
  from.onchange = () => ask(Number(from.value));
  for (const box of [compare, common, pictured]) box.onchange = () => draw(true);
  find(root, "free").textContent = HINTS[matchMedia("(hover: none)").matches ? "touch" : "pointer"];
  find(root, "holding").textContent = HINTS.holding;
  const tour = guide(find(root, "tour"), stepsOf(parts, weightsOf, show), () => show({ held: false }));

  // For the tour, which speaks for itself.
  function show({ layer, view, ...chosen }) {
    Object.assign(state.maps[0], { layer: layer ?? state.maps[0].layer, view: view ?? state.maps[0].view });
    Object.assign(state, { probe: null, ...chosen });
    return draw(false);
  }
  function draw(aloud) {
    const all = thumbs.all.map(({ layer, view }) => weightsOf(layer, views[view], state.query));
    const tops = all.map(({ weights }) => topOf(weights, prefix.length)), highest = Math.max(...tops);
    const topAt = (at) => (common.checked ? highest : tops[at]);
    const seen = panels.filter((_, number) => number === 0 || compare.checked);
    thumbs.show(all.map(({ weights }) => weights), topAt, seen.map(({ shown }) => shown));
    root.classList.toggle("comparing", compare.checked);
    root.classList.toggle("held", state.held);
    for (const panel of panels) panel.root.hidden = !seen.includes(panel);
    host.shown = []; // where a page can read it
    const words = seen.map((panel) => {
      const { layer, view } = panel.shown, at = layer * views.length + view, { weights, off } = all[at];
      const { place, words } = panel.show(state, all[at], topAt(at), pictured.checked);
      host.shown.push({ layer, view: views[view].name, query: state.query, probe: state.probe, top: topAt(at), off, weights: [...weights] });
      return compare.checked ? `${place}: ${words}` : words;
    }).join(" ");
    from.value = state.query;
    if (aloud) said.textContent = words + (state.held && state.probe === null ? " Held." : "");
    return words;
  }

  draw(false);
  host.dataset.state = "ready";
}

// Not by `currentScript`, which some notebooks do not set; two of a kind each start once.
for (const host of document.querySelectorAll('[data-explorer="EXPLORER-MARK"]:not([data-state])')) {
  host.dataset.state = "starting";
  start(host).catch((error) => { // then the still picture remains
    host.dataset.state = "still";
    console.warn("The attention explorer could not start:", error);
  });
}
