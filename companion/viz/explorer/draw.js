// Drawing: transparent heat over a paled picture, patch on patch, as companion.viz.show_attention.
const PALED = 0.6, LAID = 0.5;

// companion.viz.style.HEAT as 256 colours, as matplotlib makes them of its stops.
function paletteOf({ heat }) {
  const stops = heat.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1), below = Math.min(Math.floor(place), stops.length - 2);
    return stops[below].map((low, i) => Math.round(low + (place - below) * (stops[below + 1][i] - low)));
  });
}
const heatOf = (facts, share) => facts.palette[Math.round(255 * share)];
const shareOf = (weight, top) => (top ? Math.min(1, weight / top) : 0);
const colourOf = (facts, share) => `rgb(${heatOf(facts, share)})`;

function paper(canvas, facts) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.globalAlpha = 1;
  context.fillStyle = facts.colours.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return context;
}

// As many pixels as show every patch alike, about 720 across.
function fit(canvas, facts, image) {
  const zoom = Math.max(1, Math.round(720 / image.width));
  Object.assign(canvas, { width: zoom * image.width, height: zoom * image.height });
}
function drawMap(canvas, facts, image, weights, top) {
  const context = paper(canvas, facts);
  const wide = canvas.width / facts.columns, high = canvas.height / facts.rows;
  context.globalAlpha = PALED;
  if (image) context.drawImage(image, 0, 0, canvas.width, canvas.height);
  weights.subarray(facts.prefix.length).forEach((weight, patch) => {
    const share = shareOf(weight, top);
    context.globalAlpha = LAID * share;
    context.fillStyle = colourOf(facts, share);
    context.fillRect((patch % facts.columns) * wide, Math.floor(patch / facts.columns) * high, wide, high);
  });
}
// The same colours, from nothing to the largest weight.
function drawRamp(canvas, facts) {
  const context = paper(canvas, facts), last = canvas.width - 1;
  for (let x = 0; x <= last; x++) {
    context.globalAlpha = (LAID * x) / last;
    context.fillStyle = colourOf(facts, x / last);
    context.fillRect(x, 0, 1, 1);
  }
}
// One pixel a patch; the page enlarges it.
function drawSmall(canvas, facts, weights, top) {
  const drawn = new ImageData(facts.columns, facts.rows);
  weights.subarray(facts.prefix.length).forEach((weight, patch) => {
    drawn.data.set([...heatOf(facts, shareOf(weight, top)), 255], 4 * patch);
  });
  canvas.getContext("2d").putImageData(drawn, 0, 0);
}
