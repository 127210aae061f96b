// Real digits to pick: a row of buttons, one stop for the tab key, arrows within.
const unpackPixels = (text) => Float32Array.from(atob(text), (letter) => letter.charCodeAt(0) / 255);

class Picker {
  constructor(parent, digits, picked) {
    this.buttons = digits.map(({ label, pixels }, i) => {
      const button = parent.appendChild(document.createElement("button")), canvas = document.createElement("canvas");
      const twins = digits.slice(0, i).filter((other) => other.label === label).length;
      button.type = "button";
      button.tabIndex = i ? -1 : 0;
      button.append(canvas);
      button.setAttribute("aria-label", `a real ${label}${twins ? `, number ${twins + 1}` : ""}`);
      canvas.width = canvas.height = SIDE;
      const unpacked = unpackPixels(pixels);
      button.onclick = () => { this.focusOn(i, false); picked(unpacked); };
      button.onkeydown = (event) => this.type(event, i);
      return { button, canvas, pixels: unpacked };
    });
  }
  type(event, i) {
    const last = this.buttons.length - 1, wanted = { Home: 0, End: last }[event.key];
    const arrow = ARROWS[event.key], next = wanted ?? (arrow && (i + arrow[0] + arrow[1] + last + 1) % (last + 1));
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.focusOn(next, true);
  }
  focusOn(i, really) {
    this.buttons.forEach(({ button }, at) => { button.tabIndex = at === i ? 0 : -1; });
    if (really) this.buttons[i].button.focus();
  }
  paint(palette) {
    for (const { canvas, pixels } of this.buttons) {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, SIDE, SIDE);
      context.drawImage(pictureOf(pixels, palette), 0, 0);
    }
  }
}
