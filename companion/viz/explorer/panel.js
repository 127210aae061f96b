// One large map: its choices, its stages, scale, and what it says.
function makeMap(subject, shown, choose, changed) {
  const { facts, views, kind } = subject;
  const root = build(facts.markup.map), [layer, head] = ["layer", "head"].map((name) => find(root, name));
  const stages = makeStages(subject, root, choose);
  drawRamp(root.querySelector(".ramp canvas"), facts, stages.laid);
  fill(layer, "option", kind.layers.map((name, at) => [`Layer ${kind.numbers[at]}`, name]));
  fill(head, "option", views.map(({ long }) => capital(long)));
  layer.onchange = () => { shown.layer = Number(layer.value); changed(); };
  head.onchange = () => { shown.view = Number(head.value); changed(); };

  function showScale(top, even) {
    const tick = find(root, "tick");
    find(root, "top").textContent = numberOf(top);
    find(root, "even").textContent = even ? `${numberOf(even)} if spread evenly${even > top ? ": off this scale" : ""}` : "";
    tick.hidden = !even || even > top;
    tick.style.left = `${(100 * even) / top}%`;
  }
  // Draws it and returns what it says.
  function show(state, looks, top) {
    const view = views[shown.view], place = `layer ${kind.numbers[shown.layer]}, ${view.long}`;
    const { who, rest, strongest, parts, read } = subject.sentence(view, state, looks);
    root.setAttribute("aria-label", place);
    layer.value = shown.layer;
    head.value = shown.view;
    stages.show(state, shown, looks, top, strongest);
    showScale(top, subject.even(state));
    find(root, "seen").replaceChildren(build(["strong", {}, who]), rest);
    find(root, "parts").textContent = parts;
    find(root, "read").textContent = read;
    return { place, words: `${who}${rest}${read && ` ${read}`}` };
  }
  return { root, shown, show, listen: stages.listen };
}

// A frame around a place on a stage; none where the place is none.
function mark(frame, box, held) {
  frame.hidden = !box;
  if (box) Object.assign(frame.style, box);
  frame.classList.toggle("held", held);
}
