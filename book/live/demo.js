// Digits that draw themselves: points to bend a line through, in pixels of the drawing pad.
const DEMOS = [
  [[[8.5, 7.6], [11.5, 5.2], [16, 5.4], [18.3, 8.6], [16.4, 12], [12.4, 13.4], [16.6, 14], [19.3, 17.6], [17.2, 21.9], [12.2, 23], [8, 20.8]]],
  [[[17.6, 7.6], [14, 5.2], [9.9, 7.4], [10.8, 11.2], [15, 13.8], [18.2, 17.4], [16.8, 21.8], [12.4, 22.6], [9.4, 19.4], [11.6, 15], [16, 11.6], [17.9, 8.2]]],
  [[[11.5, 5], [9.6, 10.4], [8.2, 15.2], [14, 15.5], [20, 15.2]], [[17, 8], [16.6, 14], [16, 23.4]]],
];

// The points of a demonstration, close together along straight lines; `trace` rounds the corners.
function densely(corners) {
  return corners.flatMap(([x, y], i) => {
    const [x0, y0] = corners[i - 1] ?? [x, y], count = Math.max(1, Math.round(Math.hypot(x - x0, y - y0) / 0.45));
    return Array.from({ length: count }, (_, k) => [x0 + ((x - x0) * (k + 1)) / count, y0 + ((y - y0) * (k + 1)) / count]);
  });
}

// Corners cut twice, as Chaikin does it, so that few points make a curve.
function rounded(corners, times = 3) {
  if (!times) return corners;
  const cut = [corners[0]];
  for (let i = 0; i + 1 < corners.length; i++) {
    const [[x0, y0], [x1, y1]] = [corners[i], corners[i + 1]];
    cut.push([0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1], [0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1]);
  }
  return rounded([...cut, corners.at(-1)], times - 1);
}

// Draws one on the pad, in about two seconds, or at once; goes as soon as somebody else draws.
class Demo {
  constructor(pad) { Object.assign(this, { pad, turn: 0, running: 0, drawn: null }); }

  stop() {
    cancelAnimationFrame(this.running);
    this.running = 0;
  }
  // The pad is somebody else's from now on: what was drawn for show goes, whether whole or not.
  takeOver() {
    this.stop();
    if (this.pad.strokes === this.drawn) this.pad.clear();
  }
  play(slowly, which = this.turn++ % DEMOS.length) {
    const { pad } = this, strokes = DEMOS[which].map((corners) => densely(rounded(corners)));
    this.stop();
    pad.clear();
    this.drawn = pad.strokes; // another list as soon as the pad is cleared
    if (slowly) return this.draw(strokes.flatMap((stroke) => stroke.map((point, i) => ({ point, first: i === 0 }))));
    for (const stroke of strokes) this.add(stroke);
  }
  add(stroke) {
    this.pad.begin(stroke[0]);
    this.pad.extend(stroke);
    this.pad.lift();
  }
  draw(steps) {
    const { pad } = this, begun = performance.now(), pace = Math.min(2200, 24 * steps.length) / steps.length;
    let done = 0;
    const tick = (now) => {
      const due = Math.min(steps.length, Math.floor((now - begun) / pace) + 1);
      for (; done < due; done++) {
        if (steps[done].first) { pad.lift(); pad.begin(steps[done].point); }
        else pad.extend([steps[done].point]);
      }
      if (done < steps.length) this.running = requestAnimationFrame(tick);
      else { this.running = 0; pad.lift(); }
    };
    this.running = requestAnimationFrame(tick);
  }
}
