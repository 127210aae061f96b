// Weights: what explorer_pack.pack_maps packed, read again. Axes: prefix tokens first, then patches.

// A function: layer, map, query -> the weights on all tokens, and by how much one on a patch may be off.
async function unpack(facts) {
  const bytes = Uint8Array.from(atob(facts.weights), (sign) => sign.charCodeAt(0));
  const packed = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = await new Response(packed).arrayBuffer();
  const prefix = facts.prefix.length, patches = facts.rows * facts.columns, tokens = prefix + patches;
  const count = facts.layers.length * facts.maps * tokens;
  const largest = new Float32Array(raw, 0, count);
  const onPrefix = new Float32Array(raw, 4 * count, count * prefix);
  const steps = new Uint8Array(raw, 4 * count * (1 + prefix));
  return (layer, map, query) => {
    const row = (layer * facts.maps + map) * tokens + query;
    const scale = largest[row] / facts.levels;
    const weights = new Float32Array(tokens);
    weights.set(onPrefix.subarray(row * prefix, (row + 1) * prefix));
    for (let patch = 0; patch < patches; patch++) weights[prefix + patch] = steps[row * patches + patch] * scale;
    return { weights, off: scale / 2 };
  };
}

// Every way to see a layer: its heads, their mean where there are several, the rollout.
function viewsOf(heads) {
  const views = Array.from({ length: heads }, (_, head) => ({ name: `${head + 1}`, long: `head ${head + 1}`, map: head }));
  if (heads > 1) views.push({ name: "mean", long: "mean of heads", map: null });
  return [...views, { name: "rollout", long: "rollout so far", map: heads, rolled: true }];
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

// The largest weight on a patch, and all that is on patches.
const topOf = (weights, prefix) => weights.subarray(prefix).reduce((most, weight) => Math.max(most, weight), 0);
const sumOf = (weights, prefix) => weights.subarray(prefix).reduce((sum, weight) => sum + weight, 0);

// Two digits that count. A weight below half a level is known to be small, not to be none.
function numberOf(weight, off = 0) {
  if (weight === 0 && off === 0) return "0";
  if (weight < 0.00001) return "under 0.00001";
  return weight < 0.0995 ? weight.toPrecision(2) : weight.toFixed(2);
}
