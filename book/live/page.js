// The page: what is drawn goes through the model once a frame, and everything shows what came out.
async function start(host, sizes, digits) {
  const find = (name) => host.querySelector(`.live-${name}`);
  const across = sizes.image_size / sizes.patch_size;
  const answer = new Answer(host, sizes.num_classes), look = new Look(host, { ...sizes, across }, paint);
  const still = matchMedia("(prefers-reduced-motion: reduce)"), times = [];
  let palette = paletteOf(host), waiting = 0, model = null, pad = null, frame = null, probabilities = null;
  const undo = find("undo"), clear = find("clear"), show = find("demo"), seen = find("seen");
  seen.width = seen.height = 4 * SIDE;

  function paint() {
    if (pad) paintPad(pad.canvas, pad, palette, frame, across, look.shares);
  }
  function think(moment) {
    clearTimeout(waiting);
    waiting = 0;
    const digit = pad.digit, { pixels } = digit, begun = performance.now();
    frame = digit.frame;
    const { logits, maps } = pad.empty || !model ? { logits: null, maps: null } : model.forward(pixels);
    if (logits) times.push(performance.now() - begun);
    probabilities = logits && Array.from(softmax(logits));
    if (probabilities && moment) answer.remember(probabilities);
    host.shown = { pixels: Array.from(pixels), logits: logits && Array.from(logits), maps, moments: answer.moments.length };
  }
  function present() {
    const { pixels, maps } = host.shown, picture = pictureOf(pixels, palette);
    find("hint").hidden = !pad.empty;
    undo.disabled = clear.disabled = pad.empty;
    answer.show(probabilities, palette, model ? "The pad is empty." : "The model is on its way.");
    paintMap(seen, picture, palette, across);
    look.show(picture, maps, palette);
    const recent = times.slice(-25).sort((a, b) => a - b);
    if (recent.length > 4) find("took").textContent = `One pass took ${recent[recent.length >> 1].toFixed(1)} ms here.`;
  }
  function answerNow(moment) {
    think(moment);
    present();
  }
  // Thinking and painting are tasks of their own, and a slow machine rests as long as it thinks, so
  // that the pen is never held up for long.
  function answerSoon() {
    waiting ||= setTimeout(() => { think(true); requestAnimationFrame(present); }, times.at(-1) ?? 0);
  }
  function changed(what) {
    if (!pad) return; // it is being made
    if (what === "pen") return paint();
    if (what === "draw") {
      if (pad.drawing.length === 1) answer.mark();
      paint();
      return answerSoon();
    }
    if (what === "undo") answer.unmark();
    if (what === "clear" || what === "pick") answer.forget();
    answerNow(what === "pick" || waiting);
    answer.say();
  }

  pad = new Pad(find("pad"), changed);
  const demo = new Demo(pad), tour = guide(find("tour"), stepsOf({ demo, pad, look, answer }, find));
  // Whatever the reader does, nothing else goes on.
  const mine = (act) => { tour.leave(); demo.stop(); act(); };
  const takeOver = () => mine(() => demo.takeOver());
  const picker = new Picker(find("digits"), digits, (pixels) => mine(() => pad.pick(pixels)));
  pad.host.addEventListener("pointerdown", takeOver, true);
  pad.host.addEventListener("keydown", (event) => { if (event.key === " " || ARROWS[event.key]) takeOver(); }, true);
  undo.onclick = () => mine(() => pad.undo());
  clear.onclick = () => mine(() => pad.clear());
  show.onclick = () => mine(() => demo.play(!still.matches));

  function fit() {
    const size = Math.round(pad.canvas.clientWidth * Math.min(2, devicePixelRatio));
    if (size && size !== pad.canvas.width) pad.canvas.width = pad.canvas.height = size;
    paint();
  }
  function repaint() {
    palette = paletteOf(host);
    picker.paint(palette);
    fit();
    answerNow(false);
  }
  new ResizeObserver(fit).observe(pad.canvas);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  repaint();
  model = await loadModel(host.dataset.model);
  if (pad.empty) demo.play(!still.matches);
  else answerNow(true);
  host.dataset.state = "ready";
}
