// The drawing pad: strokes by mouse, pen, finger or keyboard, over an empty ground or a picked digit.
const STEP = 0.7; // of the keyboard's pen, in pixels of the digit
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Pad {
  // `changed(what)` is called after "draw", "lift", "undo", "clear", "pick" and "pen".
  constructor(host, changed) {
    this.host = host;
    this.canvas = host.querySelector("canvas");
    this.changed = changed;
    this.clear();
    host.addEventListener("pointerdown", (event) => this.press(event));
    host.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) host.addEventListener(name, (event) => this.release(event));
    host.addEventListener("keydown", (event) => this.type(event));
    host.addEventListener("blur", () => { this.lift(); this.cursor = null; changed("pen"); });
    host.addEventListener("focus", () => this.showPen());
  }

  get empty() { return !this.strokes.length && !this.base; }
  get digit() { return this.base ? digitOver(this.base, this.strokes) : digitOf(this.strokes); }

  clear() {
    Object.assign(this, { strokes: [], base: null, drawing: null, pointer: null, down: false });
    this.changed("clear");
  }
  pick(base) {
    Object.assign(this, { strokes: [], base, drawing: null, down: false });
    this.changed("pick");
  }
  undo() {
    this.drawing = null;
    this.down = false;
    if (!this.strokes.pop()) this.base = null;
    this.changed("undo");
  }

  begin(point) {
    this.drawing = [point];
    this.strokes.push(this.drawing);
    this.changed("draw");
  }
  extend(points) {
    for (const point of points) {
      const [x, y] = this.drawing.at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) >= 0.15) this.drawing.push(point);
    }
    this.changed("draw");
  }
  lift() {
    if (!this.drawing) return;
    this.drawing = null;
    this.down = false;
    this.changed("lift");
  }

  placeOf(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const within = (share) => SIDE * Math.min(1, Math.max(0, share));
    return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
  }
  press(event) {
    if (event.button || this.pointer !== null) return; // one finger draws
    event.preventDefault();
    this.host.focus({ preventScroll: true });
    this.cursor = null;
    this.pointer = event.pointerId;
    try { this.host.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    this.begin(this.placeOf(event));
  }
  move(event) {
    if (event.pointerId !== this.pointer || !this.drawing) return;
    const all = event.getCoalescedEvents?.() ?? [];
    this.extend((all.length ? all : [event]).map((one) => this.placeOf(one)));
  }
  release(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.lift();
  }

  // The keyboard's pen: arrows move it, space sets it down and lifts it.
  showPen() {
    if (this.pointer !== null || !this.host.matches(":focus-visible")) return;
    this.cursor ??= [SIDE / 2, SIDE / 4];
    this.changed("pen");
  }
  type(event) {
    const arrow = ARROWS[event.key], control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "z") this.undo();
    else if (control || event.altKey) return;
    else if (arrow) this.steer(arrow, event.shiftKey ? 3 * STEP : STEP);
    else if (event.key === " ") this.setDown();
    else if (event.key === "Escape" && this.drawing) this.lift();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the theme turns pages by arrow keys
  }
  steer([across, down], step) {
    const inside = (value) => Math.min(SIDE - 2, Math.max(2, value));
    const [x, y] = this.cursor ?? [SIDE / 2, SIDE / 4];
    this.cursor = [inside(x + step * across), inside(y + step * down)];
    if (this.down && this.drawing) this.extend([this.cursor]);
    else this.changed("pen");
  }
  setDown() {
    if (this.down) return this.lift();
    this.cursor ??= [SIDE / 2, SIDE / 4];
    this.down = true;
    this.begin(this.cursor);
  }
}
