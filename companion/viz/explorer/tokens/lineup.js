// Tokens that look, numbered from 0, and after them those that are looked at: names, places, ways.
const LEFTWARDS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function lineupOf({ queries, keys }) {
  const count = queries.tokens.length, all = count + keys.tokens.length;
  const isKey = (item) => item >= count;
  const lineOf = (item) => (isKey(item) ? keys : queries), placeOf = (item) => (isKey(item) ? item - count : item);
  const keyed = (place) => count + place;
  const textOf = (item) => lineOf(item).tokens[placeOf(item)];
  // In a sentence: its place where there are several of the name; kept apart where it is written
  // from right to left.
  function nameOf(item) {
    const text = textOf(item), again = lineOf(item).tokens.filter((other) => other === text).length > 1;
    return `“${LEFTWARDS.test(text) ? `\u2068${text}\u2069` : text}”${again ? ` (number ${placeOf(item) + 1})` : ""}`;
  }
  const clamp = (item, key) => Math.min(key ? all - 1 : count - 1, Math.max(key ? count : 0, item));
  const STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

  // Where a key leads. Up and down change who is asked; left and right, and all keys while one is
  // held, on whom the weight is read.
  function after({ query, probe, held }, key) {
    const step = STEPS[key], other = !isKey(query);
    if (!step) return undefined;
    if (!held && !["ArrowLeft", "ArrowRight"].includes(key)) return [clamp(query + step, !other), probe ?? undefined];
    const from = probe ?? (step > 0 ? (other ? count : 0) - 1 : other ? all : count);
    return [query, clamp(from + step, other)];
  }
  return {
    count, all, isKey, lineOf, placeOf, keyed, textOf, nameOf, after,
    reads: (query, item) => isKey(item) !== isKey(query),
    isSpecial: (item) => lineOf(item).special[placeOf(item)],
    segmentOf: (item) => lineOf(item).segments[placeOf(item)],
    segments: 1 + Math.max(...queries.segments, ...keys.segments),
  };
}

// What of the matrix is shown: all, without the model's own tokens, or from one sentence to another.
function partsOf(lineup) {
  const { all, count, segments, isSpecial, segmentOf } = lineup, items = Array.from({ length: all }, (_, item) => item);
  const words = items.filter((item) => !isSpecial(item)), some = words.some((item) => item < count) && words.some((item) => item >= count);
  const parts = [{ name: "all tokens", keeps: () => true }];
  if (words.length < all && some) parts.push({ name: "without special tokens", among: "Without special tokens, ", keeps: (query, key) => !isSpecial(query) && !isSpecial(key) });
  if (segments < 2 || segments > 3) return parts;
  for (let a = 0; a < segments; a++) for (let b = 0; b < segments; b++) {
    const keeps = (query, key) => segmentOf(query) === a && segmentOf(key) === b && !isSpecial(query) && !isSpecial(key);
    const there = words.some((query) => query < count && words.some((key) => key >= count && keeps(query, key)));
    const name = a === b ? `within sentence ${LETTERS[a]}` : `sentence ${LETTERS[a]} to ${LETTERS[b]}`;
    if (there) parts.push({ name, among: `${capital(name)}, `, keeps });
  }
  return parts;
}
