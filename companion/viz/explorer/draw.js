// Colours, scale and small maps: heat on paper, as companion.viz draws it.

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
// From nothing to the largest weight, as heavily as the map is laid on.
function drawRamp(canvas, facts, laid) {
  const context = paper(canvas, facts), last = canvas.width - 1;
  for (let x = 0; x <= last; x++) {
    context.globalAlpha = laid === 1 ? 1 : (laid * x) / last;
    context.fillStyle = colourOf(facts, x / last);
    context.fillRect(x, 0, 1, 1);
  }
}
// One pixel a cell; the page enlarges it. `veil` says where nothing is: 1 not shown, 2 hidden.
const VEILS = [null, [227, 224, 216], [201, 206, 214]];
function drawSmall(canvas, facts, weights, top, veil) {
  const drawn = new ImageData(canvas.width, canvas.height), { data } = drawn;
  for (let cell = 0; cell < weights.length; cell++) {
    const colour = VEILS[veil?.[cell] ?? 0] ?? heatOf(facts, shareOf(weights[cell], top)), at = 4 * cell;
    [data[at], data[at + 1], data[at + 2]] = colour;
    data[at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(drawn, 0, 0);
}
