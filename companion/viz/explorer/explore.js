// One kind of attention explored: what is chosen, and everything drawn anew when that changes.
// `report` is told what is shown and said.
function explore(subject, report) {
  const { facts, kind, views, names } = subject, layers = kind.layers.length, heads = views.filter(({ map, rolled }) => map !== null && !rolled).length;
  const usual = heads > 1 ? heads : 0; // the mean of heads, or the only head
  const second = layers > 1 ? { layer: 0, view: usual } : { layer: 0, view: heads > 1 ? 0 : views.length - 1 };
  const state = { query: subject.first, probe: null, held: false, maps: [{ layer: layers - 1, view: usual }, second] };
  const root = build(facts.markup.kind);
  const [from, compare, common] = ["from", "compare", "common"].map((name) => find(root, name));

  const changed = () => { tour.leave(); draw(true); };
  const { listen, choose } = pointing(state, subject, draw, () => tour.leave());
  const ask = (token) => choose(token, false);
  const panels = state.maps.map((shown) => makeMap(subject, shown, ask, changed));
  const thumbs = makeThumbs(find(root, "thumbs"), subject, (chosen) => { Object.assign(state.maps[0], chosen); changed(); });
  for (const panel of panels) {
    find(root, "maps").insertBefore(panel.root, find(root, "overview"));
    panel.listen(listen);
  }
  fill(from, "option", names);
  from.onchange = () => ask(Number(from.value));
  for (const box of [compare, common]) box.onchange = () => draw(true);
  subject.control(root, state, () => draw(true));
  const tour = guide(find(root, "tour"), stepsOf(subject, show, state), () => show({ held: false }));

  // For the tour, which speaks for itself.
  function show({ layer, view, ...chosen }) {
    Object.assign(state.maps[0], { layer: layer ?? state.maps[0].layer, view: view ?? state.maps[0].view });
    Object.assign(state, { probe: null, ...chosen });
    return draw(false);
  }
  function draw(aloud) {
    const tops = thumbs.all.map(({ layer, view }) => subject.topOf(layer, view, state)), highest = Math.max(...tops);
    const topAt = (at) => (common.checked ? highest : tops[at]);
    const seen = panels.filter((_, number) => number === 0 || compare.checked);
    thumbs.show(state, `${subject.thumbsOf(state)} ${common.checked}`, topAt, seen.map(({ shown }) => shown));
    root.classList.toggle("comparing", compare.checked);
    for (const panel of panels) panel.root.hidden = !seen.includes(panel);
    const facts = [];
    const words = seen.map((panel) => {
      const { layer, view } = panel.shown, top = topAt(layer * views.length + view), looks = subject.looks(layer, view, state);
      const { place, words } = panel.show(state, looks, top);
      facts.push({ layer, view: views[view].name, query: state.query, probe: state.probe, top, off: looks.off, weights: [...looks.weights] });
      return compare.checked ? `${place}: ${words}` : words;
    }).join(" ");
    from.value = state.query;
    report(facts, state.held, aloud ? words + (state.held && state.probe === null ? " Held." : "") : null);
    return words;
  }
  return { root, draw };
}

// Steps whose last one says what maps are worth.
function closed(steps) {
  const close = steps.pop();
  return [...steps, () => `${close()} A map says where values come from, not why the model answers as it does. Now choose for yourself.`];
}
