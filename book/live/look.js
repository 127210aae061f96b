// Where it looks: every head of every layer in small, one of them large.
const LARGE = 448, SMALL = 112;
const FIRST_HEAD = 2; // shown first, in the last layer: it spreads less than the others there

// The patch that takes most, among the weights of one who looks.
const strongestOf = (row) => row.indexOf(Math.max(...row.subarray(1)), 1);

class Look {
  // `drawn()` is called whenever another map, or other weights, are the large one's.
  constructor(host, { depth, heads, across }, drawn) {
    this.drawn = drawn;
    const find = (name) => host.querySelector(`.live-${name}`);
    Object.assign(this, { across, heads, depth, query: 0, chosen: [depth - 1, FIRST_HEAD], hovered: null });
    Object.assign(this, { large: find("large"), frame: find("frame"), cells: find("cells"), title: find("map-title"), text: find("map-text") });
    Object.assign(this, { own: find("own"), ramp: find("ramp"), top: find("top"), even: find("even"), who: find("who"), onPad: find("on-pad"), told: find("told") });
    this.large.width = this.large.height = LARGE;
    this.percents = Array.from({ length: across * across }, () => this.cells.appendChild(document.createElement("span")));
    this.smalls = this.makeSmalls(find("heads"));
    const places = this.percents.map((_, patch) => [1 + patch, `patch in row ${1 + Math.floor(patch / across)}, column ${1 + (patch % across)}`]);
    for (const [value, name] of [[0, "the class token"], ...places]) this.who.add(new Option(name, value));
    this.who.onchange = () => this.ask(Number(this.who.value));
    this.own.onchange = () => this.draw();
    // On a phone the pad is far above: what is not in view is not painted while a stroke grows.
    this.inView = false;
    new IntersectionObserver(([entry]) => { this.inView = entry.isIntersecting; this.draw(); }).observe(find("maps"));
    this.cells.onclick = (event) => this.ask(1 + this.patchUnder(event));
  }

  makeSmalls(parent) {
    parent.style.setProperty("--heads", this.heads);
    const label = (text) => { parent.appendChild(document.createElement("span")).textContent = text; };
    label("");
    for (let head = 0; head < this.heads; head++) label(`head ${head + 1}`);
    return Array.from({ length: this.depth }, (_, layer) => {
      label(`layer ${layer + 1}`);
      return Array.from({ length: this.heads }, (_, head) => this.makeSmall(parent, layer, head));
    });
  }
  makeSmall(parent, layer, head) {
    const button = parent.appendChild(document.createElement("button")), canvas = document.createElement("canvas");
    canvas.width = canvas.height = SMALL;
    button.type = "button";
    button.append(canvas, document.createElement("i"));
    button.setAttribute("aria-label", `layer ${layer + 1}, head ${head + 1}`);
    button.onclick = () => this.choose(layer, head);
    button.onpointerenter = (event) => { if (event.pointerType === "mouse") { this.hovered = [layer, head]; this.draw(); } };
    button.onpointerleave = () => { this.hovered = null; this.draw(); };
    button.onkeydown = (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      event.stopPropagation();
      const within = (at, count) => Math.min(count - 1, Math.max(0, at));
      this.choose(within(layer + arrow[1], this.depth), within(head + arrow[0], this.heads));
      this.smalls[this.chosen[0]][this.chosen[1]].button.focus();
    };
    return { button, canvas, self: button.querySelector("i") };
  }
  patchUnder(event) {
    const { left, top, width, height } = this.cells.getBoundingClientRect();
    const at = (share) => Math.min(this.across - 1, Math.max(0, Math.floor(share * this.across)));
    return at((event.clientY - top) / height) * this.across + at((event.clientX - left) / width);
  }
  choose(layer, head) {
    this.set(layer, head, this.query);
    this.tell();
  }
  ask(query) {
    this.set(...this.chosen, query === this.query ? 0 : query);
    this.tell();
  }
  set(layer, head, query) {
    Object.assign(this, { chosen: [layer, head], hovered: null, query });
    this.who.value = query;
    this.draw();
  }
  // For a screen reader: what was asked for, not what changes while a stroke grows.
  tell() { this.told.textContent = this.large.getAttribute("aria-label"); }

  show(picture, maps, palette) {
    Object.assign(this, { picture, maps, palette });
    this.draw();
  }
  // The weights of the one who looks, the class token's first.
  rowOf(layer, head) {
    const count = 1 + this.across ** 2;
    return this.maps[layer][head].subarray(this.query * count, (this.query + 1) * count);
  }
  draw() {
    if (!this.picture) return;
    const [layer, head] = this.hovered ?? this.chosen, { palette } = this;
    const tops = this.maps?.map((heads, l) => heads.map((_, h) => Math.max(...this.rowOf(l, h).subarray(1))));
    const highest = tops && Math.max(...tops.flat());
    const topOf = (l, h) => (this.own.checked ? tops[l][h] : highest);
    const sharesOf = (l, h) => this.maps && Array.from(this.rowOf(l, h).subarray(1), (weight) => weight / topOf(l, h));
    this.smalls.forEach((row, l) => row.forEach(({ button, canvas, self }, h) => {
      if (this.inView) paintMap(canvas, this.picture, palette, this.across, sharesOf(l, h));
      self.style.transform = `scaleX(${this.maps ? this.rowOf(l, h)[0] : 0})`;
      const pinned = l === this.chosen[0] && h === this.chosen[1];
      button.setAttribute("aria-pressed", String(pinned));
      button.tabIndex = pinned ? 0 : -1;
      button.classList.toggle("live-shown", l === layer && h === head);
    }));
    this.shares = sharesOf(layer, head);
    if (this.inView) paintMap(this.large, this.picture, palette, this.across, this.shares);
    this.drawn();
    this.describe(layer, head, this.maps && topOf(layer, head));
  }
  describe(layer, head, top) {
    const place = `Layer ${layer + 1}, head ${head + 1}`, { across, query } = this;
    const row = this.maps && this.rowOf(layer, head);
    this.title.textContent = place;
    this.onPad.textContent = row ? `heat: layer ${layer + 1}, head ${head + 1}` : "";
    this.frame.hidden = !query;
    if (query) {
      const at = (index) => `${(100 * index) / across}%`;
      Object.assign(this.frame.style, { top: at(Math.floor((query - 1) / across)), left: at((query - 1) % across), width: at(1), height: at(1) });
    }
    this.percents.forEach((span, patch) => { span.textContent = row && row[1 + patch] >= 0.005 ? Math.round(100 * row[1 + patch]) : ""; });
    this.top.textContent = row ? percent(top) : "most";
    this.even.textContent = `spread evenly, each token would get ${percent(1 / (1 + across * across))}`;
    this.paintRamp();
    if (!row) {
      this.text.textContent = "Nothing is drawn yet.";
    } else {
      const most = strongestOf(row), name = (token) => `row ${1 + Math.floor((token - 1) / across)}, column ${1 + ((token - 1) % across)}`;
      const who = query ? `The patch in ${name(query)}` : "The class token", itself = query ? "the class token" : "itself";
      this.text.textContent = `${who} looks most at the patch in ${name(most)}: ${percent(row[most])}. At ${itself}: ${percent(row[0])}.`;
    }
    this.large.setAttribute("aria-label", `${place}. ${this.text.textContent}`);
  }
  paintRamp() {
    const context = this.ramp.getContext("2d"), last = this.ramp.width - 1;
    for (let x = 0; x <= last; x++) {
      context.fillStyle = heatOf(this.palette, x / last);
      context.fillRect(x, 0, 1, this.ramp.height);
    }
  }
}
