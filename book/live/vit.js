// The Vision Transformer of chapter 4, forwards: one image in; logits and every attention map out.
// Tokens lie one after the other in a flat array: n tokens of d numbers each.
const NORM_EPS = 1e-6;

// e^(-x²) 2/√π Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5···(2n+1)): all terms of one sign, so nothing cancels.
// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6.
function erf(x) {
  const square = x * x;
  if (square > 36) return Math.sign(x);
  let term = x, sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * square) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

// x Φ(x), exact, not its approximation by tanh.
const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));

// (n, i) -> (n, o), with weights (o, i) as torch keeps them.
function linear(tokens, { weight, bias }) {
  const out = bias.length, width = weight.length / out, count = tokens.length / width;
  const result = new Float64Array(count * out);
  for (let n = 0; n < count; n++) {
    for (let o = 0; o < out; o++) {
      let sum = bias[o];
      for (let i = 0, a = n * width, b = o * width; i < width; i++) sum += tokens[a + i] * weight[b + i];
      result[n * out + o] = sum;
    }
  }
  return result;
}

// Each token gets mean 0 and deviation 1, then a learned scale and shift.
function layerNorm(tokens, { weight, bias }) {
  const width = weight.length, result = new Float64Array(tokens.length);
  for (let first = 0; first < tokens.length; first += width) {
    let mean = 0, variance = 0;
    for (let i = 0; i < width; i++) mean += tokens[first + i] / width;
    for (let i = 0; i < width; i++) variance += (tokens[first + i] - mean) ** 2 / width;
    const scale = 1 / Math.sqrt(variance + NORM_EPS);
    for (let i = 0; i < width; i++) result[first + i] = (tokens[first + i] - mean) * scale * weight[i] + bias[i];
  }
  return result;
}

function softmax(scores) {
  const top = Math.max(...scores), powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// (n, d) -> (n, d), and one map (q, k) a head.
function attention(tokens, { qkv, output, heads }) {
  const dim = output.bias.length, count = tokens.length / dim, size = dim / heads;
  const all = linear(tokens, qkv), joined = new Float64Array(tokens.length), maps = [];
  const at = (token, part, head) => token * 3 * dim + part * dim + head * size;
  for (let head = 0; head < heads; head++) {
    const map = new Float64Array(count * count);
    for (let q = 0; q < count; q++) {
      const scores = new Float64Array(count);
      for (let k = 0; k < count; k++) {
        let dot = 0;
        for (let e = 0; e < size; e++) dot += all[at(q, 0, head) + e] * all[at(k, 1, head) + e];
        scores[k] = dot / Math.sqrt(size);
      }
      const weights = softmax(scores);
      map.set(weights, q * count);
      for (let k = 0; k < count; k++) {
        for (let e = 0; e < size; e++) joined[q * dim + head * size + e] += weights[k] * all[at(k, 2, head) + e];
      }
    }
    maps.push(map);
  }
  return { tokens: linear(joined, output), maps };
}

const added = (a, b) => a.map((value, i) => value + b[i]);

// (side, side) pixels, row by row -> (patches, pixels of a patch).
function toPatches(pixels, side, patch) {
  const across = side / patch, patches = new Float64Array(pixels.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const place = Math.floor(y / patch) * across + Math.floor(x / patch);
      patches[place * patch * patch + (y % patch) * patch + (x % patch)] = pixels[y * side + x];
    }
  }
  return patches;
}

class ViT {
  constructor({ sizes, ...packed }) {
    const weights = unpackWeights(packed);
    const layer = (name) => ({ weight: weights[`${name}.weight`], bias: weights[`${name}.bias`] });
    this.sizes = sizes;
    this.embed = layer("embed.projection");
    this.classToken = weights["class_token.token"];
    this.positions = weights["positions.table"];
    this.blocks = Array.from({ length: sizes.depth }, (_, i) => ({
      norm1: layer(`blocks.${i}.norm1`),
      attention: {
        qkv: layer(`blocks.${i}.token_mixer.qkv`),
        output: layer(`blocks.${i}.token_mixer.output`),
        heads: sizes.heads,
      },
      norm2: layer(`blocks.${i}.norm2`),
      expand: layer(`blocks.${i}.channel_mixer.expand`),
      contract: layer(`blocks.${i}.channel_mixer.contract`),
    }));
    this.norm = layer("pool.norm");
    this.head = layer("head");
  }

  // Pixels in [0, 1], row by row -> logits, and maps[layer][head], each (q, k) with the class token first.
  forward(pixels) {
    const { image_size: side, patch_size: patch, dim } = this.sizes;
    const patches = linear(toPatches(pixels, side, patch), this.embed);
    let tokens = added(Float64Array.from([...this.classToken, ...patches]), this.positions);
    const maps = [];
    for (const block of this.blocks) {
      const mixed = attention(layerNorm(tokens, block.norm1), block.attention);
      tokens = added(tokens, mixed.tokens);
      maps.push(mixed.maps);
      const hidden = linear(layerNorm(tokens, block.norm2), block.expand).map(gelu);
      tokens = added(tokens, linear(hidden, block.contract));
    }
    return { logits: linear(layerNorm(tokens.subarray(0, dim), this.norm), this.head), maps };
  }
}
