// The two views of one map: columns with lines, and the matrix.
function makeStages(subject, root, _) {
  const { lineup, legend } = subject, stage = find(root, "columns"), side = find(root, "side");
  const columns = makeColumns(stage, subject), matrix = makeMatrix(side, subject);
  root.classList.toggle("long", Math.max(lineup.count, lineup.all - lineup.count) > 20);
  stage.setAttribute("aria-label", "Who looks at whom, as two columns of tokens");
  matrix.stage.setAttribute("aria-label", `Who looks at whom, as a matrix of ${lineup.count} rows and ${lineup.all - lineup.count} columns`);
  for (const [name, text] of legend) find(root, "legend").append(build(["span", {}, ["i", { class: name }], text]));

  function show(state, { layer, view }, { weights }, top, strongest) {
    const shown = subject.matrixOf(layer, view, state);
    columns.show(state, weights, shown, top, strongest);
    matrix.show(state, subject.keepsOf(state), shown, top, strongest);
  }
  return {
    show, laid: 1,
    listen(listen) {
      listen(stage, columns.under);
      listen(matrix.stage, matrix.under);
    },
  };
}
