// Draws the attention that the page carries. No library, no global name, nothing fetched.
(() => {
  "use strict";
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const PALED = 0.45, LAID = 0.85; // as companion.viz.show_attention

  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

  // What explorer_pack.pack_maps packed, as one function: layer, map, query -> the weights on all
  // tokens, and by how much one on a patch may be off.
  async function unpack(facts, patches) {
    const packed = new Blob([bytesOf(facts.weights)]).stream();
    const raw = await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
    const prefix = facts.prefix.length, tokens = prefix + patches;
    const count = facts.layers.length * facts.maps * tokens;
    const largest = new Float32Array(raw, 0, count);
    const onPrefix = new Float32Array(raw, 4 * count, count * prefix);
    const steps = new Uint8Array(raw, 4 * count * (1 + prefix));
    return (layer, map, query) => {
      const row = (layer * facts.maps + map) * tokens + query;
      const scale = largest[row] / facts.levels;
      const weights = Float32Array.from({ length: tokens }, (_, key) => key < prefix
        ? onPrefix[row * prefix + key] : steps[row * patches + key - prefix] * scale);
      return { weights, off: scale / 2 };
    };
  }

  function numberOf(weight, off = 0) {
    if (weight === 0 && off === 0) return "0";
    if (weight < 0.00001) return "under 0.00001";
    return weight < 0.0995 ? weight.toPrecision(2) : weight.toFixed(2);
  }

  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  // The colour of a share from 0 to 1, between the stops of companion.viz.style.HEAT.
  function heatOf(stops, share) {
    const place = share * (stops.length - 1), below = Math.min(Math.floor(place), stops.length - 2);
    return stops[below].map((low, i) => Math.round(low + (place - below) * (stops[below + 1][i] - low)));
  }

  function fill(parent, tag, entries) {
    for (const [value, text] of entries) {
      const made = parent.appendChild(document.createElement(tag));
      made.value = value;
      made.textContent = text;
    }
  }

  async function start(host) {
    const facts = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
    const { rows, columns, prefix, layers } = facts;
    const patches = rows * columns, tokens = prefix.length + patches, heads = facts.maps - 1;
    const rowOf = await unpack(facts, patches);
    const image = new Image();
    image.src = facts.image;
    await image.decode();
    const stops = facts.colours.heat.map(rgb);

    // Every way to see a layer: its heads, their mean where there are several, the rollout.
    const views = Array.from({ length: heads }, (_, head) => ({ name: String(head + 1), long: `head ${head + 1}`, map: head }));
    if (heads > 1) views.push({ name: "mean", long: "mean of heads", map: null });
    views.push({ name: "rollout", long: "rollout so far", map: heads });
    const weightsOf = (layer, view, query) => {
      if (views[view].map !== null) return rowOf(layer, views[view].map, query);
      const mean = { weights: new Float32Array(tokens), off: 0 };
      for (let head = 0; head < heads; head++) {
        const { weights, off } = rowOf(layer, head, query);
        weights.forEach((weight, key) => (mean.weights[key] += weight / heads));
        mean.off += off / heads;
      }
      return mean;
    };
    const placeOf = (token) => [Math.floor((token - prefix.length) / columns), (token - prefix.length) % columns];
    const shortName = (token) => {
      const [row, column] = placeOf(token);
      return token < prefix.length ? prefix[token] : `row ${row + 1}, column ${column + 1}`;
    };
    const longName = (token) => (token < prefix.length ? `the ${prefix[token]}` : `patch ${shortName(token)}`);
    const topOf = (weights) => weights.reduce((most, weight, key) => (key < prefix.length ? most : Math.max(most, weight)), 0);
    const usual = heads > 1 ? heads : 0;
    const state = {
      query: facts.first, probe: null, held: false, column: 0,
      maps: [{ layer: layers.length - 1, view: usual }, { layer: 0, view: layers.length > 1 ? usual : heads > 1 ? 0 : 1 }],
    };

    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(document.importNode(host.querySelector("template").content, true));
    const find = (name, within = shadow) => within.querySelector(`.${name}`);
    const [from, compare, common, pictured] = ["from", "compare", "common", "pictured"].map((name) => find(name));
    fill(from, "option", Array.from({ length: tokens }, (_, token) => [token, shortName(token)]));

    const pattern = shadow.querySelector("template.map").content;
    const panels = state.maps.map((shown, number) => {
      const root = document.importNode(pattern, true).firstElementChild;
      find("maps").insertBefore(root, find("overview"));
      const stage = find("stage", root), canvas = find("drawn", root);
      const cell = Math.max(1, Math.round(720 / image.width)) * (image.width / columns);
      canvas.width = cell * columns;
      canvas.height = Math.round((cell * columns * image.height) / image.width);
      stage.setAttribute("aria-label", `The picture in ${rows} rows and ${columns} columns of patches`);
      const layer = find("layer", root), head = find("head", root);
      fill(layer, "option", layers.map((name, at) => [at, `${at + 1} · ${name}`]));
      fill(head, "option", views.map((view, at) => [at, view.long]));
      layer.onchange = () => { shown.layer = Number(layer.value); draw(true); };
      head.onchange = () => { shown.view = Number(head.value); draw(true); };
      const chips = prefix.map((name, token) => {
        const chip = find("prefix", root).appendChild(document.createElement("button"));
        chip.type = "button";
        chip.append(document.createElement("i"), document.createElement("span"));
        chip.onclick = () => choose(token, false);
        return chip;
      });
      listen(stage);
      return { number, shown, root, stage, canvas, layer, head, chips };
    });
    const thumbs = [];
    makeThumbs(find("thumbs"));

    // Whoever points, chooses the patch that looks; while one is held, the patch that is read.
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
      const tokenAt = (event) => {
        const box = stage.getBoundingClientRect();
        const place = (at, low, size, count) => Math.min(count - 1, Math.max(0, Math.floor(((at - low) / size) * count)));
        return prefix.length + place(event.clientY, box.top, box.height, rows) * columns + place(event.clientX, box.left, box.width, columns);
      };
      const current = () => (state.held && state.probe !== null ? state.probe : state.query);
      stage.onpointerdown = (event) => { touched = event.pointerType === "touch"; };
      stage.onpointermove = (event) => {
        if (event.pointerType !== "touch" && tokenAt(event) !== current()) point(tokenAt(event), false);
      };
      stage.onpointerleave = () => { if (state.probe !== null) { state.probe = null; draw(false); } };
      stage.onclick = (event) => choose(tokenAt(event), !touched);
      stage.onkeydown = (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (STEPS[event.key]) point(step(current(), ...STEPS[event.key]), true);
        else if (event.key === "Home" || event.key === "End") point(edge(current(), event.key === "End"), true);
        else if (event.key === "Enter" || event.key === " ") choose(state.query, true);
        else if (event.key === "Escape" && state.held) choose(state.query, false);
        else return;
        event.preventDefault();
        event.stopPropagation(); // a notebook has shortcuts of its own
      };
    }
    // One patch on. The prefix tokens lie above the first row.
    function step(token, down, right) {
      if (token < prefix.length) {
        if (down > 0) return prefix.length + state.column;
        return Math.min(prefix.length - 1, Math.max(0, token + right));
      }
      const [row, column] = placeOf(token);
      state.column = column;
      if (row + down < 0 && prefix.length) return 0;
      const clamp = (at, count) => Math.min(count - 1, Math.max(0, at));
      return prefix.length + clamp(row + down, rows) * columns + clamp(column + right, columns);
    }
    function edge(token, last) {
      if (token < prefix.length) return last ? prefix.length - 1 : 0;
      return prefix.length + placeOf(token)[0] * columns + (last ? columns - 1 : 0);
    }

    function makeThumbs(grid) {
      grid.style.setProperty("--count", views.length);
      grid.style.setProperty("--size", layers.length > 6 ? "2.9rem" : "4.2rem");
      fill(grid, "span", [["", "layer"], ...views.map((view) => ["", view.name])]);
      layers.forEach((_, layer) => {
        fill(grid, "span", [["", String(layer + 1)]]);
        grid.lastElementChild.className = "row";
        views.forEach((view, at) => {
          const canvas = grid.appendChild(document.createElement("canvas"));
          Object.assign(canvas, { width: columns, height: rows });
          canvas.onclick = () => { Object.assign(state.maps[0], { layer, view: at }); draw(true); };
          thumbs.push({ canvas, layer, view: at });
        });
      });
    }
    function drawThumb({ canvas, layer, view }, weights, top) {
      const drawn = new ImageData(columns, rows);
      for (let patch = 0; patch < patches; patch++) {
        drawn.data.set([...heatOf(stops, top && Math.min(1, weights[prefix.length + patch] / top)), 255], 4 * patch);
      }
      canvas.getContext("2d").putImageData(drawn, 0, 0);
      const chosen = (shown) => shown.layer === layer && shown.view === view;
      canvas.className = chosen(state.maps[0]) ? "one" : compare.checked && chosen(state.maps[1]) ? "two" : "";
    }

    // Heat over the paled picture, patch on patch.
    function drawMap(canvas, weights, top) {
      const context = canvas.getContext("2d"), wide = canvas.width / columns, high = canvas.height / rows;
      context.imageSmoothingEnabled = false;
      context.globalAlpha = 1;
      context.fillStyle = facts.colours.paper;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalAlpha = PALED;
      if (pictured.checked) context.drawImage(image, 0, 0, canvas.width, canvas.height);
      for (let patch = 0; patch < patches; patch++) {
        const share = top && Math.min(1, weights[prefix.length + patch] / top);
        context.globalAlpha = LAID * share;
        context.fillStyle = `rgb(${heatOf(stops, share)})`;
        context.fillRect((patch % columns) * wide, Math.floor(patch / columns) * high, wide, high);
      }
    }
    function drawRamp(root, top) {
      const canvas = root.querySelector(".ramp canvas"), context = canvas.getContext("2d");
      context.globalAlpha = 1;
      context.fillStyle = facts.colours.paper;
      context.fillRect(0, 0, canvas.width, 1);
      for (let x = 0; x < canvas.width; x++) {
        context.globalAlpha = (LAID * x) / (canvas.width - 1);
        context.fillStyle = `rgb(${heatOf(stops, x / (canvas.width - 1))})`;
        context.fillRect(x, 0, 1, 1);
      }
      find("top", root).textContent = numberOf(top);
      const even = 1 / tokens, tick = root.querySelector(".tick");
      tick.hidden = even > top;
      tick.style.left = `${(100 * even) / top}%`;
      find("even", root).textContent = `${numberOf(even)} if spread evenly${even > top ? ": off this scale" : ""}`;
    }
    function markAt(root, name, token) {
      const mark = find(name, root), [row, column] = placeOf(token ?? 0);
      mark.hidden = token === null || token < prefix.length;
      Object.assign(mark.style, {
        left: `${(100 * column) / columns}%`, top: `${(100 * row) / rows}%`,
        width: `${100 / columns}%`, height: `${100 / rows}%`,
      });
      if (name === "query") mark.classList.toggle("held", state.held);
    }
    function sentences({ shown }, weights) {
      const most = weights.indexOf(Math.max(...weights));
      const patch = weights.indexOf(topOf(weights), prefix.length);
      const rolled = views[shown.view].name === "rollout";
      const name = longName(state.query), who = name[0].toUpperCase() + name.slice(1);
      const verb = rolled ? "draws most from" : "looks most at";
      const target = (token) => (token < prefix.length ? longName(token) : shortName(token));
      if (!weights[most]) return { who, rest: " looks nowhere: its weights are all zero." };
      const also = most < prefix.length ? `; of the patches, at ${shortName(patch)}: ${numberOf(weights[patch])}` : "";
      return { who, rest: ` ${verb} ${target(most)}: ${numberOf(weights[most])}${also}.`, patch };
    }

    function draw(aloud) {
      const all = thumbs.map((thumb) => weightsOf(thumb.layer, thumb.view, state.query));
      const tops = all.map(({ weights }) => topOf(weights)), highest = Math.max(...tops);
      thumbs.forEach((thumb, at) => drawThumb(thumb, all[at].weights, common.checked ? highest : tops[at]));
      const said = [];
      host.shown = [];
      find("explorer").classList.toggle("comparing", compare.checked);
      for (const panel of panels) {
        const { number, shown, root, chips } = panel;
        root.hidden = number === 1 && !compare.checked;
        if (root.hidden) continue;
        const { weights, off } = all[shown.layer * views.length + shown.view];
        const top = common.checked ? highest : topOf(weights);
        const place = `layer ${shown.layer + 1}, ${views[shown.view].long}`;
        root.setAttribute("aria-label", place);
        panel.layer.value = shown.layer;
        panel.head.value = shown.view;
        drawMap(panel.canvas, weights, top);
        drawRamp(root, top);
        const { who, rest, patch } = sentences(panel, weights);
        markAt(root, "query", state.query);
        markAt(root, "probe", state.probe);
        markAt(root, "strongest", patch ?? null);
        const strong = document.createElement("strong");
        strong.textContent = who;
        find("seen", root).replaceChildren(strong, rest);
        const onPatches = weights.reduce((sum, weight, key) => (key < prefix.length ? sum : sum + weight), 0);
        const weightOn = (token) => numberOf(weights[token], off);
        const parts = [`itself ${weightOn(state.query)}`, `all patches ${numberOf(onPatches)}`];
        if (state.probe !== null) parts.unshift(`${shortName(state.probe)}: ${weightOn(state.probe)}`);
        find("parts", root).textContent = parts.join(" · ");
        chips.forEach((chip, token) => {
          chip.setAttribute("aria-pressed", String(token === state.query));
          chip.firstChild.style.background = `rgb(${heatOf(stops, top && Math.min(1, weights[token] / top))})`;
          chip.lastChild.textContent = `${prefix[token]} ${numberOf(weights[token])}`;
        });
        const read = state.probe === null ? "" : ` On ${shortName(state.probe)}: ${weightOn(state.probe)}.`;
        said.push((compare.checked ? `${place}: ` : "") + who + rest + read);
        host.shown.push({ layer: shown.layer, view: views[shown.view].name, query: state.query, probe: state.probe, top, off, weights: [...weights] });
      }
      from.value = state.query;
      find("hint").textContent = state.held
        ? "Held. Point at other patches to read their weight; click again, or press Escape, to let go."
        : "Point at a patch, tap it, or use the arrow keys: it is framed, and a ring marks where it looks most. Click to hold it.";
      if (aloud) find("said").textContent = said.join(" ") + (state.held && state.probe === null ? " Held." : "");
    }

    from.onchange = () => choose(Number(from.value), false);
    for (const box of [compare, common, pictured]) box.onchange = () => draw(true);
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
})();
