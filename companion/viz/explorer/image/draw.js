// Transparent heat over a paled picture, patch on patch, as companion.viz.show_attention.
const PALED = 0.6, LAID = 0.5;

// As many pixels as show every patch alike, about 720 across.
function fit(canvas, image) {
  const zoom = Math.max(1, Math.round(720 / image.width));
  Object.assign(canvas, { width: zoom * image.width, height: zoom * image.height });
}
function drawMap(canvas, facts, kind, image, weights, top) {
  const context = paper(canvas, facts);
  const wide = canvas.width / kind.columns, high = canvas.height / kind.rows;
  context.globalAlpha = PALED;
  if (image) context.drawImage(image, 0, 0, canvas.width, canvas.height);
  weights.subarray(kind.prefix.length).forEach((weight, patch) => {
    const share = shareOf(weight, top);
    context.globalAlpha = LAID * share;
    context.fillStyle = colourOf(facts, share);
    context.fillRect((patch % kind.columns) * wide, Math.floor(patch / kind.columns) * high, wide, high);
  });
}
