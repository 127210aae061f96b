// The explorer itself: what is chosen, how it is chosen, what is shown and said.
const numbered = (names) => names.map((name, at) => [at, name]);

function fill(parent, tag, entries) {
  for (const [value, text] of entries) {
    const made = parent.appendChild(document.createElement(tag));
    made.value = value;
    made.textContent = text;
  }
}

async function start(host) {
  const facts = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
  facts.palette = paletteOf(facts.colours);
  const { prefix, layers } = facts, heads = facts.maps - 1, tokens = prefix.length + facts.rows * facts.columns;
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
  shadow.append(document.importNode(host.querySelector("template").content, true));
  const find = (name, within = shadow) => within.querySelector(`.${name}`);
  const [from, compare, common, pictured] = ["from", "compare", "common", "pictured"].map((name) => find(name));
  const panels = state.maps.map(makePanel), thumbs = makeThumbs();
  fill(from, "option", numbered(Array.from({ length: tokens }, (_, token) => grid.nameOf(token))));
  from.onchange = () => choose(Number(from.value), false);
  for (const box of [compare, common, pictured]) box.onchange = () => draw(true);

  function makePanel(shown) {
    const root = document.importNode(shadow.querySelector("template.map").content, true).firstElementChild;
    find("maps").insertBefore(root, find("overview"));
    const [stage, canvas, layer, head] = ["stage", "drawn", "layer", "head"].map((name) => find(name, root));
    fit(canvas, facts, image);
    drawRamp(root.querySelector(".ramp canvas"), facts);
    stage.setAttribute("aria-label", `The picture in ${facts.rows} rows and ${facts.columns} columns of patches`);
    fill(layer, "option", numbered(layers.map((name, at) => `${at + 1} · ${name}`)));
    fill(head, "option", numbered(views.map((view) => view.name)));
    layer.onchange = () => { shown.layer = Number(layer.value); draw(true); };
    head.onchange = () => { shown.view = Number(head.value); draw(true); };
    const chips = prefix.map((_, token) => {
      const chip = find("prefix", root).appendChild(document.createElement("button"));
      chip.type = "button";
      chip.append(document.createElement("i"), document.createElement("span"));
      chip.onclick = () => choose(token, false);
      return chip;
    });
    listen(stage);
    return { shown, root, canvas, layer, head, chips };
  }
  function makeThumbs() {
    const parent = find("thumbs");
    parent.style.setProperty("--count", views.length);
    parent.style.setProperty("--size", layers.length > 6 ? "2.9rem" : "4.2rem");
    fill(parent, "span", [["", "layer"], ...views.map((view) => ["", view.name])]);
    return layers.flatMap((_, layer) => {
      fill(parent, "span", [["", `${layer + 1}`]]);
      return views.map((_, view) => {
        const canvas = parent.appendChild(document.createElement("canvas"));
        Object.assign(canvas, { width: facts.columns, height: facts.rows });
        canvas.onclick = () => { Object.assign(state.maps[0], { layer, view }); draw(true); };
        return { canvas, layer, view };
      });
    });
  }

  // Whoever points, chooses the patch that looks; while one is held, the patch whose weight is read.
  function point(token, aloud) {
    if (state.held) state.probe = token;
    else state.query = token;
    draw(aloud);
  }
  function choose(token, hold) {
    const again = state.held && state.query === token;
    Object.assign(state, { query: token, probe: null, held: hold && !again });
    draw(true);
  }
  function listen(stage) {
    let touched = false;
    const current = () => state.probe ?? state.query;
    stage.onpointerdown = (event) => { touched = event.pointerType === "touch"; };
    stage.onpointermove = (event) => {
      const token = grid.under(event, stage);
      if (event.pointerType !== "touch" && token !== current()) point(token, false);
    };
    stage.onpointerleave = () => { if (state.probe !== null) { state.probe = null; draw(false); } };
    stage.onclick = (event) => choose(grid.under(event, stage), !touched);
    stage.onkeydown = (event) => {
      const next = grid.after(current(), event.key);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (next !== undefined) point(next, true);
      else if (event.key === "Enter" || event.key === " ") choose(state.query, true);
      else if (event.key === "Escape" && state.held) choose(state.query, false);
      else return;
      event.preventDefault();
      event.stopPropagation(); // a notebook has shortcuts of its own
    };
  }

  function sentence(view, weights) {
    const name = grid.who(state.query), who = name[0].toUpperCase() + name.slice(1);
    const top = topOf(weights, prefix.length), patch = weights.indexOf(top, prefix.length);
    const most = weights.indexOf(Math.max(...weights));
    if (!weights[most]) return { who, rest: " looks nowhere: its weights are all zero.", patch: null };
    const also = grid.isPrefix(most) ? `; of the patches, at ${grid.nameOf(patch)}: ${numberOf(top)}` : "";
    const verb = view.rolled ? "draws most from" : "looks most at";
    return { who, rest: ` ${verb} ${grid.whom(most)}: ${numberOf(weights[most])}${also}.`, patch };
  }
  function mark(root, name, token) {
    const frame = find(name, root);
    frame.hidden = token === null || grid.isPrefix(token);
    if (!frame.hidden) Object.assign(frame.style, grid.boxOf(token));
    frame.classList.toggle("held", state.held);
  }
  function showScale(root, top) {
    const even = 1 / tokens, tick = find("tick", root);
    find("top", root).textContent = numberOf(top);
    find("even", root).textContent = `${numberOf(even)} if spread evenly${even > top ? ": off this scale" : ""}`;
    tick.hidden = even > top;
    tick.style.left = `${(100 * even) / top}%`;
  }
  function showPrefix(chips, weights, top) {
    chips.forEach((chip, token) => {
      chip.setAttribute("aria-pressed", String(token === state.query));
      chip.firstChild.style.background = colourOf(facts, shareOf(weights[token], top));
      chip.lastChild.textContent = `${prefix[token]} ${numberOf(weights[token])}`;
    });
  }
  // One large map. Returns what it says, and keeps what it shows where a page can read it.
  function showMap({ shown, root, canvas, layer, head, chips }, { weights, off }, top) {
    const view = views[shown.view], place = `layer ${shown.layer + 1}, ${view.long}`;
    const { who, rest, patch } = sentence(view, weights);
    const on = (token) => numberOf(weights[token], off);
    root.setAttribute("aria-label", place);
    layer.value = shown.layer;
    head.value = shown.view;
    drawMap(canvas, facts, pictured.checked ? image : null, weights, top);
    mark(root, "query", state.query);
    mark(root, "probe", state.probe);
    mark(root, "strongest", patch);
    showScale(root, top);
    showPrefix(chips, weights, top);
    const strong = document.createElement("strong");
    strong.textContent = who;
    find("seen", root).replaceChildren(strong, rest);
    const read = state.probe === null ? [] : [`${grid.nameOf(state.probe)}: ${on(state.probe)}`];
    const parts = [...read, `itself ${on(state.query)}`, `all patches ${numberOf(sumOf(weights, prefix.length))}`];
    find("parts", root).textContent = parts.join(" · ");
    host.shown.push({ layer: shown.layer, view: view.name, query: state.query, probe: state.probe, top, off, weights: [...weights] });
    return `${compare.checked ? `${place}: ` : ""}${who}${rest}${read.map((text) => ` On ${text}.`).join("")}`;
  }

  function draw(aloud) {
    const all = thumbs.map(({ layer, view }) => weightsOf(layer, views[view], state.query));
    const tops = all.map(({ weights }) => topOf(weights, prefix.length)), highest = Math.max(...tops);
    const topAt = (at) => (common.checked ? highest : tops[at]);
    const seen = panels.filter((_, number) => number === 0 || compare.checked);
    const indexOf = ({ layer, view }) => layer * views.length + view;
    thumbs.forEach(({ canvas }, at) => {
      drawSmall(canvas, facts, all[at].weights, topAt(at));
      canvas.className = ["one", "two"][seen.findIndex(({ shown }) => indexOf(shown) === at)] ?? "";
    });
    find("explorer").classList.toggle("comparing", compare.checked);
    for (const panel of panels) panel.root.hidden = !seen.includes(panel);
    host.shown = [];
    const said = seen.map((panel) => showMap(panel, all[indexOf(panel.shown)], topAt(indexOf(panel.shown))));
    from.value = state.query;
    find("hint").textContent = state.held
      ? "Held. Point at other patches to read their weight; click again, or press Escape, to let go."
      : "Point at a patch, tap it, or use the arrow keys: it is framed, and a ring marks where it looks most. Click to hold it.";
    if (aloud) find("said").textContent = said.join(" ") + (state.held && state.probe === null ? " Held." : "");
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
