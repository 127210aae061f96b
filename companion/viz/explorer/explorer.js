// The explorer itself: its kinds of attention, one of them in sight.
async function start(host) {
  const facts = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
  facts.palette = paletteOf(facts.colours);
  const subjects = await Promise.all(facts.kinds.map((kind) => prepare(facts, kind)));
  const shadow = host.attachShadow({ mode: "open" });
  const root = build(facts.markup.view), [kinds, hint, said] = ["kinds", "hint", "said"].map((name) => find(root, name));
  shadow.append(build(["style", {}, facts.markup.style]), root);
  find(root, "free").textContent = HINTS[matchMedia("(hover: none)").matches ? "touch" : "pointer"];
  find(root, "holding").textContent = HINTS.holding;

  function report(shown, held, words) {
    host.shown = shown; // where a page can read it
    root.classList.toggle("held", held);
    if (words !== null) said.textContent = words;
  }
  const explored = new Map();
  function open(at, aloud) {
    if (!explored.has(at)) {
      explored.set(at, explore(subjects[at], report));
      root.insertBefore(explored.get(at).root, hint);
    }
    for (const [number, kind] of explored) kind.root.hidden = number !== at;
    [...kinds.children].forEach((button, number) => button.setAttribute("aria-pressed", String(number === at)));
    explored.get(at).draw(aloud);
  }
  kinds.hidden = subjects.length < 2;
  facts.kinds.forEach(({ name }, at) => {
    const made = kinds.appendChild(build(["button", { type: "button" }, name ?? ""]));
    made.onclick = () => open(at, true);
  });
  open(0, false);
  host.dataset.state = "ready";
}

// Not by `currentScript`, which some notebooks do not set; two of a kind each start once.
for (const host of document.querySelectorAll('[data-explorer="EXPLORER-MARK"]:not([data-state])')) {
  host.dataset.state = "starting";
  start(host).catch((error) => { // then the still picture remains
    host.dataset.state = "still";
    console.warn("The attention explorer could not start:", error);
  });
}
