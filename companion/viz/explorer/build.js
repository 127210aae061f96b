// Elements. Their markup comes as nested lists in the data: a sanitizer that drops scripts would
// unwrap a template and leave its dead controls, and some notebooks let no script write HTML.
function build([tag, attributes, ...children]) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map((child) => (typeof child === "string" ? child : build(child))));
  return made;
}
const find = (within, name) => within.querySelector(`.${name}`);

// A child for each entry, a text or a text with a longer one to show on hover.
function fill(parent, tag, entries) {
  entries.map((entry) => [entry].flat()).forEach(([text, title], at) => {
    const made = parent.appendChild(document.createElement(tag));
    Object.assign(made, { value: at, textContent: text });
    if (title) made.title = title;
  });
}
