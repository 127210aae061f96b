// The grid of patches, with the prefix tokens above its first row: names, places, ways.
function gridOf({ prefix, rows, columns }) {
  const clamp = (at, count) => Math.min(count - 1, Math.max(0, at));
  const placeOf = (token) => [Math.floor((token - prefix.length) / columns), (token - prefix.length) % columns];
  const at = (row, column) => prefix.length + clamp(row, rows) * columns + clamp(column, columns);
  const isPrefix = (token) => token < prefix.length;
  const nameOf = (token) => {
    const [row, column] = placeOf(token);
    return isPrefix(token) ? prefix[token] : `row ${row + 1}, column ${column + 1}`;
  };
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
  let kept = 0; // the column to come back to from the prefix tokens

  // Where a key leads from the token that is chosen, or read; undefined where it leads nowhere.
  function after({ query, probe }, key) {
    if (!STEPS[key]) return undefined;
    const [down, right] = STEPS[key], token = probe ?? query;
    if (isPrefix(token)) return [down > 0 ? at(0, kept) : clamp(token + right, prefix.length)];
    const [row, column] = placeOf(token);
    kept = column;
    return [row + down < 0 && prefix.length ? 0 : at(row + down, column + right)];
  }
  // The patch under a pointer.
  function under(event, stage) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return [at(Math.floor(((event.clientY - top) / height) * rows), Math.floor(((event.clientX - left) / width) * columns))];
  }
  // Where a patch lies on its stage.
  function boxOf(token) {
    const [row, column] = placeOf(token), part = (share) => `${100 * share}%`;
    return { left: part(column / columns), top: part(row / rows), width: part(1 / columns), height: part(1 / rows) };
  }
  return {
    isPrefix, nameOf, after, under, boxOf, reads: () => true,
    // In a sentence: "patch row 3, column 5", "the class token".
    who: (token) => (isPrefix(token) ? `the ${prefix[token]}` : `patch ${nameOf(token)}`),
    whom: (token) => (isPrefix(token) ? `the ${prefix[token]}` : nameOf(token)),
  };
}
