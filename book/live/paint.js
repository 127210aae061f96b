// Colours on canvases: the pad, the digit in its patches, heat under the ink.
// They are the page's own, so that they follow the theme.
function paletteOf(host) {
  const style = getComputedStyle(host), read = (name) => style.getPropertyValue(`--live-${name}`).trim();
  const heat = [0, 1, 2, 3].map((stop) => rgbOf(read(`heat-${stop}`)));
  return { paper: read("paper"), ink: rgbOf(read("ink")), grid: read("grid"), mark: read("mark"), pen: read("pen"), heat };
}
const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// The colour of a share from 0 to 1, between the stops.
function heatOf({ heat }, share) {
  const place = Math.min(1, Math.max(0, share)) * (heat.length - 1), below = Math.min(Math.floor(place), heat.length - 2);
  return `rgb(${heat[below].map((low, i) => Math.round(low + (place - below) * (heat[below + 1][i] - low)))})`;
}

// The pad: the model's patches with their heat, the picked digit if there is one, strokes, the pen.
function paintPad(canvas, pad, palette, frame, across, shares) {
  const context = canvas.getContext("2d"), zoom = canvas.width / SIDE;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = true;
  if (frame) paintFrame(context, palette, frame, zoom, across, shares);
  if (pad.base) context.drawImage(pictureOf(pad.base, palette), 0, 0, canvas.width, canvas.height);
  context.setTransform(zoom, 0, 0, zoom, 0, 0);
  usePen(context, 1.5, `rgb(${palette.ink})`);
  for (const stroke of pad.strokes) trace(context, stroke);
  if (!pad.cursor) return;
  const [x, y] = pad.cursor;
  context.beginPath();
  context.arc(x, y, pad.down ? 0.7 : 1.1, 0, 2 * Math.PI);
  context.lineWidth = 0.25;
  context.strokeStyle = context.fillStyle = palette.pen;
  if (pad.down) context.fill();
  context.stroke();
}

// Where the patches lie on the pad, wherever the drawing is.
function paintFrame(context, palette, { left, top, size }, zoom, across, shares) {
  context.setTransform(zoom, 0, 0, zoom, zoom * left, zoom * top);
  const step = size / across;
  shares?.forEach((share, patch) => {
    context.fillStyle = heatOf(palette, share);
    context.fillRect((patch % across) * step, Math.floor(patch / across) * step, step, step);
  });
  gridLines(context, palette, size, across, 1.5 / zoom);
  context.strokeRect(0, 0, size, size);
  context.setTransform(1, 0, 0, 1, 0, 0);
}
function gridLines(context, { grid }, size, across, width) {
  Object.assign(context, { strokeStyle: grid, lineWidth: width });
  context.beginPath();
  for (let i = 1; i < across; i++) {
    const at = (i * size) / across;
    context.moveTo(at, 0);
    context.lineTo(at, size);
    context.moveTo(0, at);
    context.lineTo(size, at);
  }
  context.stroke();
}

// 28 x 28 pixels of ink, transparent where there is none.
function pictureOf(pixels, { ink }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((value, i) => image.data.set([...ink, Math.round(255 * value)], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// The digit in its patches, each on the heat of its share; without shares, on paper.
function paintMap(canvas, picture, palette, across, shares) {
  const context = canvas.getContext("2d"), size = canvas.width, step = size / across;
  context.imageSmoothingEnabled = false;
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, size, size);
  shares?.forEach((share, patch) => {
    context.fillStyle = heatOf(palette, share);
    context.fillRect((patch % across) * step, Math.floor(patch / across) * step, step, step);
  });
  context.drawImage(picture, 0, 0, size, size);
  gridLines(context, palette, size, across, Math.max(1, size / 224));
}

// How likely a digit was while the drawing grew, from left to right.
function paintSpark(canvas, values, palette) {
  const context = canvas.getContext("2d"), { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  if (values.length < 2) return;
  const place = (value, i) => [(i * width) / (values.length - 1), height - 1 - value * (height - 3)];
  context.beginPath();
  context.moveTo(0, height);
  values.forEach((value, i) => context.lineTo(...place(value, i)));
  context.lineTo(width, height);
  context.fillStyle = palette.mark;
  context.globalAlpha = 0.22;
  context.fill();
  context.globalAlpha = 1;
  context.beginPath();
  values.forEach((value, i) => context.lineTo(...place(value, i)));
  Object.assign(context, { strokeStyle: palette.mark, lineWidth: 2, lineJoin: "round" });
  context.stroke();
}
