// What the tour shows: one token in the first layer and in the last, its sharpest head, a head that
// looks at the token before, where the weight gathers, and the rollout; as far as the maps have them.
function stepsOf(subject, show, state) {
  const { kind, views, lineup, matrixOf } = subject, { count, all, keyed, nameOf, isSpecial, placeOf } = lineup, wide = all - count;
  const last = kind.layers.length - 1, heads = views.filter(({ map, rolled }) => map !== null && !rolled).length;
  const mean = heads > 1 ? heads : 0, { numbers } = kind, full = { part: 0 };
  const words = Array.from({ length: count }, (_, query) => query).filter((query) => !isSpecial(query) && !subject.masked(query));
  const token = words[Math.floor(words.length / 2)] ?? 0;
  const peaks = views.slice(0, heads).map((_, view) => topOf(subject.looks(last, view, { ...full, query: token }).weights));
  const sharpest = peaks.indexOf(Math.max(...peaks));
  const held = (layer, view, query = token) => show({ layer, view, query, held: true });

  const steps = [() => `Layer ${numbers[0]}. The framed token looks; the thicker a line, the more is mixed in. `
    + `${held(0, mean)} Spread evenly, each would get ${numberOf(subject.even({ query: token }))}.`];
  if (last > 0) steps.push(() => `The same token in layer ${numbers[last]}. ${held(last, mean)}`);
  if (heads > 1) steps.push(() => `The mean hides what its heads do. Head ${sharpest + 1} looks most narrowly here. ${held(last, sharpest)}`);
  const back = lookingBack();
  if (back.share > 0.5) steps.push(() => `Head ${back.view + 1} of layer ${numbers[back.layer]} looks at the token before: ${numberOf(back.share)} on average. ${held(back.layer, back.view)}`);
  const sink = gathering();
  if (sink.share > 3 / wide && wide > 3) steps.push(() => `Weight gathers in places. In layer ${numbers[sink.layer]}, ${nameOf(keyed(sink.key))} gets ${numberOf(sink.share)} of all of it. ${held(sink.layer, mean, keyed(sink.key))}`);
  if (last > 0 && kind.own) steps.push(() => `The rollout follows every path through the layers so far. ${held(last, views.length - 1)}`);
  return closed(steps);

  // The head whose queries put most weight on the token before them.
  function lookingBack() {
    let best = { share: 0 };
    if (!kind.own || words.length < 3) return best;
    kind.layers.forEach((_, layer) => views.slice(0, heads).forEach((_, view) => {
      const matrix = matrixOf(layer, view, full), after = words.filter((query) => query > 0);
      const share = after.reduce((sum, query) => sum + matrix[query * wide + query - 1], 0) / after.length;
      if (share > best.share) best = { share, layer, view };
    }));
    return best;
  }
  // The layer and key on which the mean of its heads puts most, over all that look.
  function gathering() {
    let best = { share: 0 };
    kind.layers.forEach((_, layer) => {
      const matrix = matrixOf(layer, mean, full);
      for (let key = 0; key < wide; key++) {
        let share = 0;
        for (let query = 0; query < count; query++) share += matrix[query * wide + key] / count;
        if (share > best.share) best = { share, layer, key };
      }
    });
    return best;
  }
}
