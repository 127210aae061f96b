// A drawing made into what MNIST's images are: fitted into 20 x 20 pixels, its centre of mass in the
// middle of 28 x 28 (LeCun et al. 1998). Strokes are lists of points, in pixels of the drawing pad.
const SIDE = 28;
const BOX = 20; // the longer side of the digit, in pixels
const PEN = 2.6; // MNIST's strokes are about as thick; measured, as is the next line
const MIDDLE = 14.5; // MNIST's centres of mass lie here, in the middle of the fifteenth pixel
const LARGEST_ZOOM = 2.5; // so that a dot stays a dot
const FINE = 4; // fine pixels across a pixel; the canvas anti-aliases these in turn
const PAPER = 52; // so that nothing is cut off before the centre is known

// A smooth line through the points, on whatever the context draws.
function trace(context, stroke) {
  const [[x, y], ...rest] = stroke;
  context.beginPath();
  if (!rest.length) { // a dot; browsers differ in whether a line of no length is one
    context.arc(x, y, context.lineWidth / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(x, y);
  rest.forEach(([x1, y1], i) => {
    const [x2, y2] = rest[i + 1] ?? [x1, y1];
    context.quadraticCurveTo(x1, y1, (x1 + x2) / 2, (y1 + y2) / 2);
  });
  context.stroke();
}

function usePen(context, width, colour) {
  Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round", strokeStyle: colour, fillStyle: colour });
}

// The smallest rectangle around all points.
function boundsOf(strokes) {
  const points = strokes.flat(), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  const lowest = (values) => values.reduce((a, b) => Math.min(a, b));
  const highest = (values) => values.reduce((a, b) => Math.max(a, b));
  return { left: lowest(xs), right: highest(xs), top: lowest(ys), bottom: highest(ys) };
}

// The ink on a paper of fine pixels, 0 to 255, drawn by a function in pixels.
function rasterise(draw) {
  const canvas = rasterise.canvas ??= Object.assign(document.createElement("canvas"), { width: PAPER * FINE, height: PAPER * FINE });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(FINE, 0, 0, FINE, 0, 0);
  usePen(context, PEN, "#000");
  draw(context);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const ink = new Uint8Array(data.length / 4);
  for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
  return ink;
}

// 28 x 28 means over fine pixels, from a corner on.
function shrink(ink, left, top) {
  const wide = PAPER * FINE, pixels = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE * FINE; y++) {
    for (let x = 0; x < SIDE * FINE; x++) {
      pixels[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += ink[(top + y) * wide + left + x] / (255 * FINE * FINE);
    }
  }
  return pixels;
}

// The centre of mass, in fine pixels.
function centreOf(ink) {
  const wide = PAPER * FINE;
  let mass = 0, across = 0, down = 0;
  ink.forEach((value, i) => {
    if (!value) return;
    mass += value;
    across += value * ((i % wide) + 0.5);
    down += value * (Math.floor(i / wide) + 0.5);
  });
  return [across / mass, down / mass];
}

// Strokes -> 28 x 28 pixels in [0, 1], and the frame around them, in pixels of the pad.
// The pen is as thick for a small drawing as for a large one.
function digitOf(strokes) {
  if (!strokes.length) return { pixels: new Float32Array(SIDE * SIDE), frame: null };
  const { left, right, top, bottom } = boundsOf(strokes);
  const zoom = Math.min(LARGEST_ZOOM, (BOX - PEN) / Math.max(right - left, bottom - top, 1e-6));
  const [across, down] = [(left + right) / 2, (top + bottom) / 2];
  const place = ([x, y]) => [PAPER / 2 + zoom * (x - across), PAPER / 2 + zoom * (y - down)];
  const ink = rasterise((context) => strokes.forEach((stroke) => trace(context, stroke.map(place))));
  const [x, y] = centreOf(ink).map((centre) => Math.round(centre - MIDDLE * FINE));
  const back = (fine, middle) => (fine / FINE - PAPER / 2) / zoom + middle;
  return { pixels: shrink(ink, x, y), frame: { left: back(x, across), top: back(y, down), size: SIDE / zoom } };
}

// Strokes over an image that is already as MNIST's: nothing moves.
function digitOver(base, strokes) {
  const frame = { left: 0, top: 0, size: SIDE };
  if (!strokes.length) return { pixels: base, frame };
  const ink = rasterise((context) => strokes.forEach((stroke) => trace(context, stroke)));
  return { pixels: shrink(ink, 0, 0).map((value, i) => Math.max(value, base[i])), frame };
}
