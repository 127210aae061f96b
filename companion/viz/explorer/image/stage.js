// The picture under the map, and the prefix tokens above it.
function makeStages(subject, root, choose) {
  const { facts, kind, grid, image } = subject, { prefix } = kind;
  const [stage, canvas] = ["stage", "drawn"].map((name) => find(root, name));
  fit(canvas, image);
  stage.setAttribute("aria-label", `The picture in ${kind.rows} rows and ${kind.columns} columns of patches`);
  const chips = prefix.map((_, token) => {
    const chip = find(root, "prefix").appendChild(build(["button", { type: "button" }, ["i", {}], ["span", {}], " ", ["b", {}]]));
    chip.onclick = () => choose(token);
    return chip;
  });

  function showPrefix(query, weights, top) {
    chips.forEach((chip, token) => {
      const [heat, name, number] = chip.children;
      chip.setAttribute("aria-pressed", String(token === query));
      heat.style.background = colourOf(facts, shareOf(weights[token], top));
      name.textContent = prefix[token];
      number.textContent = numberOf(weights[token]);
    });
  }
  function show({ query, probe, held }, _, { weights }, top, strongest) {
    drawMap(canvas, facts, kind, subject.pictured ? image : null, weights, top);
    for (const [name, token] of Object.entries({ query, probe, strongest }))
      mark(root.querySelector(`.mark.${name}`), token === null || grid.isPrefix(token) ? null : grid.boxOf(token), held);
    showPrefix(query, weights, top);
  }
  return { show, laid: LAID, listen: (listen) => listen(stage, grid.under) };
}
