// The page: what is drawn goes through the model once a frame, and everything shows what came out.
function start(host, packed, digits) {
  const find = (name) => host.querySelector(`.live-${name}`);
  const model = new ViT(packed), { sizes } = packed, across = sizes.image_size / sizes.patch_size;
  const answer = new Answer(host, sizes.num_classes), look = new Look(host, { ...sizes, across }, paint);
  const still = matchMedia("(prefers-reduced-motion: reduce)"), times = [];
  let palette = paletteOf(host), waiting = 0, pad = null, frame = null;
  const undo = find("undo"), clear = find("clear"), seen = find("seen");
  seen.width = seen.height = 4 * SIDE;

  function paint() {
    if (pad) paintPad(pad.canvas, pad, palette, frame, across, look.shares);
  }
  function think(moment) {
    cancelAnimationFrame(waiting);
    waiting = 0;
    const digit = pad.digit, { pixels } = digit, begun = performance.now();
    frame = digit.frame;
    const { logits, maps } = pad.empty ? { logits: null, maps: null } : model.forward(pixels);
    const probabilities = logits && Array.from(softmax(logits));
    if (logits) times.push(performance.now() - begun);
    if (probabilities && moment) answer.remember(probabilities);
    host.shown = { pixels: Array.from(pixels), logits: logits && Array.from(logits), maps, moments: answer.moments.length };
    show(probabilities, pixels, maps);
  }
  function show(probabilities, pixels, maps) {
    find("hint").hidden = !pad.empty;
    undo.disabled = clear.disabled = pad.empty;
    answer.show(probabilities, palette);
    paintMap(seen, pictureOf(pixels, palette), palette, across);
    look.show(pixels, maps, palette);
    const recent = times.slice(-25).sort((a, b) => a - b);
    if (recent.length > 4) find("took").textContent = `One pass took ${recent[recent.length >> 1].toFixed(1)} ms here.`;
  }
  function changed(what) {
    if (!pad) return; // it is being made
    if (what === "pen") return paint();
    if (what === "draw") {
      if (pad.drawing.length === 1) answer.mark();
      waiting ||= requestAnimationFrame(() => think(true));
      return;
    }
    if (what === "undo") answer.unmark();
    if (what === "clear" || what === "pick") answer.forget();
    think(what === "pick" || waiting);
    answer.say();
  }

  pad = new Pad(find("pad"), changed);
  const demo = new Demo(pad), picker = new Picker(find("digits"), digits, (pixels) => { demo.stop(); pad.pick(pixels); });
  const takeOver = () => { if (demo.running) { demo.stop(); pad.clear(); } };
  pad.host.addEventListener("pointerdown", takeOver, true);
  pad.host.addEventListener("keydown", (event) => { if (event.key === " " || ARROWS[event.key]) takeOver(); }, true);
  undo.onclick = () => { demo.stop(); pad.undo(); };
  clear.onclick = () => { demo.stop(); pad.clear(); };
  find("demo").onclick = () => demo.play(!still.matches);

  function fit() {
    const size = Math.round(pad.canvas.clientWidth * Math.min(2, devicePixelRatio));
    if (size && size !== pad.canvas.width) pad.canvas.width = pad.canvas.height = size;
    paint();
  }
  function repaint() {
    palette = paletteOf(host);
    picker.paint(palette);
    fit();
    think(false);
  }
  host.hidden = false;
  new ResizeObserver(fit).observe(pad.canvas);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  repaint();
  demo.play(!still.matches);
  host.dataset.state = "ready";
}
