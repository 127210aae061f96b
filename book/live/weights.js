// The weights: numbers of 16 bits in base64, all tensors in a row -> name -> numbers.
// Shifted into a number of 32 bits, a number of 16 is too small by 2^112 exactly, whatever its size.
function fromHalves(bytes) {
  const halves = new DataView(bytes.buffer), words = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < words.length; i++) {
    const bits = halves.getUint16(2 * i, true);
    words[i] = ((bits & 0x8000) << 16) | ((bits & 0x7fff) << 13);
  }
  return new Float32Array(words.buffer).map((small) => small * 2 ** 112);
}

function unpackWeights({ data, tensors }) {
  const letters = atob(data), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const all = fromHalves(bytes);
  const needed = tensors.reduce((sum, [, length]) => sum + length, 0);
  if (needed !== all.length) throw new Error(`weights: ${all.length} numbers, and the tensors take ${needed}`);
  let at = 0;
  return Object.fromEntries(tensors.map(([name, length]) => [name, all.subarray(at, at += length)]));
}

// They come by a script, since a page opened as a file may not fetch, and after the first picture of
// the page, which does not need them.
function loadModel(address) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.onload = () => resolve(new ViT(globalThis.liveModel));
    script.onerror = () => reject(new Error(`${address} did not load`));
    const wait = globalThis.requestIdleCallback ?? setTimeout;
    const load = () => wait(() => document.head.append(script), { timeout: 2000 });
    if (document.readyState === "complete") load();
    else addEventListener("load", load, { once: true });
  });
}
