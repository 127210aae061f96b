// What the theme leaves out for readers with a keyboard or a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  const label = (node, text) => node && !node.hasAttribute("aria-label") && node.setAttribute("aria-label", text);
  const book = document.querySelector(".bd-sidebar-primary");
  if (book) book.setAttribute("role", "complementary");
  label(book, "Book");
  document.querySelectorAll(".btn").forEach((button) => {
    if (!button.textContent.trim() && button.title) label(button, button.title);
  });

  // A box that scrolls can be reached by keyboard, and says what it is.
  const boxes = ".table-scroll, .pst-scrollable-table-container, .output.text_html > div, " +
    ".output.text_html, pre, .math-display, .picture, .bd-sidebar-primary, .bd-sidebar-secondary";
  // First look at all, then mark: in turns, each mark would cost a new layout of the page.
  const mark = () => [...document.querySelectorAll(boxes)]
    .filter((box) => box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(box).overflowX))
    .forEach((box) => { if (!box.hasAttribute("tabindex")) box.tabIndex = 0; });
  window.addEventListener("load", () => setTimeout(mark, 100));
  window.addEventListener("resize", mark);

  // A drawer that a phone opened closes when it has led somewhere.
  document.querySelectorAll(".bd-sidebar-primary a, .bd-sidebar-secondary a").forEach((link) =>
    link.addEventListener("click", () => document.querySelectorAll(".sidebar-toggle").forEach((box) => (box.checked = false))));

  // A figure opens over the page instead of in its place.
  document.querySelectorAll(".enlarge").forEach((link) => link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const view = document.createElement("dialog");
    const image = link.firstElementChild.cloneNode();
    const close = document.createElement("button");
    image.style.setProperty("--width", getComputedStyle(link.parentElement).getPropertyValue("--width"));
    close.textContent = "Close";
    view.className = "enlarged";
    view.setAttribute("aria-label", "Figure, enlarged");
    view.append(close, image);
    view.addEventListener("click", () => view.close());
    view.addEventListener("close", () => view.remove());
    document.body.append(view);
    view.showModal();
  }));

  // Paper is light.
  const page = document.documentElement.dataset;
  let theme;
  const print = (on) => { if (on) { theme = theme ?? page.theme; page.theme = "light"; } else if (theme) { page.theme = theme; theme = undefined; } };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (media) => print(media.matches));
});

// Chapters and the glossary come before the package, and the chapter that has the word for its name before
// the others (the rest is Sphinx's own way to score).
const asked = new URLSearchParams(location.search).get("q")?.trim().toLowerCase().replace(/\W+/g, "_");
const pageRank = (page) => /^\d\d_/.test(page) ? (page.slice(3) === asked ? 250 : 200) : page === "glossary" ? 180 : /^(api|changelog|genindex)/.test(page) ? -200 : 0;
window.Scorer = {
  score: ([page, , , , score]) => score + pageRank(page),
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
// An excerpt begins in the text, not in a list of contents.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  Search.htmlToText = (text, anchor) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    page.querySelectorAll(".headerlink, script, style, nav, math, .cell_input").forEach((node) => node.remove());
    const found = (anchor && page.querySelector(`article ${anchor}`)) || page.querySelector("article");
    const meaning = found?.matches("dt") ? found.nextElementSibling.textContent : "";
    return found ? `${found.textContent} ${meaning}` : "";
  };
});
