// How one is chosen: by pointer, touch or key, on any of the large maps. Whoever points, chooses
// the one that looks; while one is held, the one whose weight is read.

// `grid` names what is under a pointer and where a key leads: [token], or [token, other] where the
// weight on the other is to be read too. `chosen()` is called before a choice that is not the
// pointer's passing by.
function pointing(state, grid, draw, chosen) {
  const same = (a, b) => (a ?? null) === (b ?? null);
  // What is to be read while one is held; undefined where that is nothing.
  const readOf = (found) => found.find((token) => token !== undefined && grid.reads(state.query, token));
  function point(found, aloud) {
    const [query, probe] = state.held ? [state.query, readOf(found)] : found;
    if (state.held && probe === undefined) return;
    if (!aloud && same(query, state.query) && same(probe, state.probe)) return;
    Object.assign(state, { query, probe: probe ?? null });
    draw(aloud);
  }
  function choose(token, held, probe = null) {
    chosen();
    Object.assign(state, { query: token, probe, held });
    draw(true);
  }
  const click = ([token, other]) => choose(token, !(state.held && token === state.query), other);
  // A finger cannot hover: its first tap points, its second on the same place is the click.
  function tap(found) {
    const [token, other] = found;
    if (token === state.query && (other === undefined || other === state.probe)) choose(token, !state.held, other);
    else if (state.held && readOf(found) === undefined) choose(token, true);
    else point(found, true);
  }
  function listen(stage, under) {
    let touched = false;
    stage.onpointerdown = (event) => { touched = event.pointerType === "touch"; };
    stage.onpointermove = (event) => {
      const found = under(event, stage), there = found.length === 1 && found[0] === (state.probe ?? state.query);
      if (event.pointerType !== "touch" && !there) point(found, false);
    };
    stage.onpointerleave = (event) => {
      if (event.pointerType === "touch" || state.probe === null) return;
      state.probe = null;
      draw(false);
    };
    stage.onclick = (event) => (touched ? tap : click)(under(event, stage));
    stage.onkeydown = (event) => {
      const next = grid.after(state, event.key);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (next !== undefined) point(next, true);
      else if (event.key === "Enter" || event.key === " ") click([state.query]);
      else if (event.key === "Escape" && state.held) choose(state.query, false);
      else return;
      event.preventDefault();
      event.stopPropagation(); // a notebook has shortcuts of its own
    };
  }
  return { listen, choose };
}
