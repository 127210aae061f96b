// What the tour shows: one patch in the first layer and in the last, its sharpest head, the class
// token, and the rollout; as far as the maps have them.
function stepsOf(subject, show) {
  const { kind, grid, views, looks } = subject, { prefix, numbers } = kind;
  const last = kind.layers.length - 1, heads = kind.maps - 1, mean = heads > 1 ? heads : 0, rollout = views.length - 1;
  const rowOf = (view, query) => looks(last, view, { query }).weights;
  const mostOf = (row) => topOf(row, prefix.length), strongest = (row) => row.indexOf(mostOf(row), prefix.length);
  const patch = grid.isPrefix(kind.first) ? strongest(rowOf(mean, kind.first)) : kind.first;
  const peaks = views.slice(0, heads).map((_, head) => mostOf(rowOf(head, patch)));
  const sharpest = peaks.indexOf(Math.max(...peaks));
  const held = (layer, view, query = patch) => show({ layer, view, query, held: true });

  const steps = [() => `Layer ${numbers[0]}. The framed patch looks; the darker another, the more of it is mixed in. `
    + `${held(0, mean)} Spread evenly, every token would get ${numberOf(subject.even())}.`];
  if (last > 0) steps.push(() => `The same patch in layer ${numbers[last]}. ${held(last, mean)}`);
  if (heads > 1) steps.push(() => `The mean hides what its heads do. Head ${sharpest + 1} looks most narrowly here. ${held(last, sharpest)}`);
  const token = grid.isPrefix(kind.first) ? kind.first : 0;
  if (prefix.length) steps.push(() => `The ${prefix[token]} has no place in the picture and looks all the same. ${held(last, mean, token)}`);
  if (last > 0) steps.push(() => `The rollout follows every path through the layers so far. ${held(last, rollout)}`);
  return closed(steps);
}
