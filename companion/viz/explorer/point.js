// How a patch is chosen: by pointer, touch or key, on any of the large maps. Whoever points, chooses
// the patch that looks; while one is held, the patch whose weight is read.
const HINTS = {
  pointer: "Point at a patch or use the arrow keys: it is framed, and a ring marks where it looks most. Click to hold it.",
  touch: "Tap a patch: it is framed, and a ring marks where it looks most. Tap it again to hold it.",
  holding: "Held. Choose other patches to read their weight; choose the held one again, or press Escape, to let go.",
};

// `chosen()` is called before a choice that is not the pointer's passing by.
function pointing(state, grid, draw, chosen) {
  const current = () => state.probe ?? state.query;
  function point(token, aloud) {
    state[state.held ? "probe" : "query"] = token;
    draw(aloud);
  }
  function choose(token, held) {
    chosen();
    Object.assign(state, { query: token, probe: null, held });
    draw(true);
  }
  const click = (token) => choose(token, !(state.held && token === state.query));
  // A finger cannot hover: its first tap points, its second on the same patch is the click.
  function tap(token) {
    if (token === state.query) choose(token, !state.held);
    else point(token, true);
  }
  function listen(stage) {
    let touched = false;
    stage.onpointerdown = (event) => { touched = event.pointerType === "touch"; };
    stage.onpointermove = (event) => {
      const token = grid.under(event, stage);
      if (event.pointerType !== "touch" && token !== current()) point(token, false);
    };
    stage.onpointerleave = (event) => {
      if (event.pointerType === "touch" || state.probe === null) return;
      state.probe = null;
      draw(false);
    };
    stage.onclick = (event) => (touched ? tap : click)(grid.under(event, stage));
    stage.onkeydown = (event) => {
      const next = grid.after(current(), event.key);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (next !== undefined) point(next, true);
      else if (event.key === "Enter" || event.key === " ") click(state.query);
      else if (event.key === "Escape" && state.held) choose(state.query, false);
      else return;
      event.preventDefault();
      event.stopPropagation(); // a notebook has shortcuts of its own
    };
  }
  return { listen, choose };
}
