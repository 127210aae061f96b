// A guided tour in an empty element: each step does something and returns in words what is to be
// seen. "End", Escape or the last step end it, and so does `leave`, for whoever does something else.
function guide(place, steps, ended = () => {}) {
  const button = (parent, name, press) => {
    const made = parent.appendChild(document.createElement("button"));
    return Object.assign(made, { type: "button", textContent: name, onclick: press });
  };
  const open = button(place, "Take a short tour", () => press(0));
  const words = place.appendChild(document.createElement("p"));
  words.setAttribute("aria-live", "polite"); // the focus stays on "Next"
  const bar = place.appendChild(document.createElement("div"));
  const back = button(bar, "Back", () => press(at - 1)), next = button(bar, "Next", () => press(at + 1));
  const end = button(bar, "End", () => press(steps.length)), count = bar.appendChild(document.createElement("span"));
  let at = -1;

  function go(step) {
    at = step < steps.length ? step : -1;
    const last = at === steps.length - 1;
    open.hidden = at >= 0;
    bar.hidden = words.hidden = at < 0;
    words.textContent = at < 0 ? "" : steps[at]();
    count.textContent = `${at + 1} of ${steps.length}`;
    back.disabled = at <= 0;
    next.textContent = last ? "End" : "Next";
    end.hidden = last;
    if (step >= steps.length) ended();
  }
  // A button that is gone or disabled would take the focus with it.
  function press(step) {
    go(step);
    if (at < 0) open.focus();
    else if (at === 0 || end.hidden) next.focus();
  }
  place.onkeydown = (event) => {
    if (event.key !== "Escape" || at < 0) return;
    event.stopPropagation();
    press(steps.length);
  };
  go(-1);
  return { leave: () => { if (at >= 0) go(steps.length); } };
}
