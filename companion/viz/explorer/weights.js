// Weights: what pack.pack_maps packed, read again. Axes: exact keys first, then the others.

// A function: layer, map, query -> the weights on all keys, and by how much one that is not exact
// may be off. `sizes`: layers and maps of one, queries, exact keys, other keys.
async function unpack({ weights, levels }, { layers, maps, queries, exact, others }) {
  const bytes = Uint8Array.from(atob(weights), (sign) => sign.charCodeAt(0));
  const packed = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = await new Response(packed).arrayBuffer();
  const count = layers * maps * queries;
  const largest = new Float32Array(raw, 0, count);
  const first = new Float32Array(raw, 4 * count, count * exact);
  const steps = new Uint8Array(raw, 4 * count * (1 + exact));
  return (layer, map, query) => {
    const row = (layer * maps + map) * queries + query;
    const scale = largest[row] / levels;
    const read = new Float32Array(exact + others);
    read.set(first.subarray(row * exact, (row + 1) * exact));
    for (let key = 0; key < others; key++) read[exact + key] = steps[row * others + key] * scale;
    return { weights: read, off: scale / 2 };
  };
}

// Every way to see a layer: its heads, their mean where there are several, the rollout where it is.
function viewsOf(heads, rolled) {
  const views = Array.from({ length: heads }, (_, head) => ({ name: `${head + 1}`, long: `head ${head + 1}`, map: head }));
  if (heads > 1) views.push({ name: "mean", long: "mean of heads", map: null });
  if (rolled) views.push({ name: "rollout", long: "rollout so far", map: heads, rolled: true });
  return views;
}

// A function: layer, view, query -> as from `unpack`.
function reader(rowOf, views) {
  const heads = views.filter((view) => view.map !== null && !view.rolled);
  return (layer, view, query) => {
    if (view.map !== null) return rowOf(layer, view.map, query);
    const mean = { weights: null, off: 0 };
    for (const head of heads) {
      const { weights, off } = rowOf(layer, head.map, query);
      mean.weights ??= new Float32Array(weights.length);
      for (let key = 0; key < weights.length; key++) mean.weights[key] += weights[key] / heads.length;
      mean.off += off / heads.length;
    }
    return mean;
  };
}

// The largest weight, and all of it, from a token on.
const topOf = (weights, first = 0) => weights.subarray(first).reduce((most, weight) => Math.max(most, weight), 0);
const sumOf = (weights, first = 0) => weights.subarray(first).reduce((sum, weight) => sum + weight, 0);

// Two digits that count. A weight below half a level is known to be small, not to be none.
function numberOf(weight, off = 0) {
  if (weight === 0 && off === 0) return "0";
  const least = Math.max(off, 0.00001), unit = 10 ** Math.floor(Math.log10(least));
  if (weight < least) return `under ${Number((Math.ceil(least / unit - 1e-6) * unit).toPrecision(1))}`;
  return weight < 0.0995 ? weight.toPrecision(2) : weight.toFixed(2);
}
const capital = (text) => text[0].toUpperCase() + text.slice(1);
