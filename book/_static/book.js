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
    ".output.text_html, pre, mjx-container[display=true], .bd-sidebar-primary, .bd-sidebar-secondary";
  const mark = () => document.querySelectorAll(boxes).forEach((box) => {
    const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1;
    if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  });
  mark();
  window.addEventListener("load", () => setTimeout(mark, 500));
  window.addEventListener("resize", mark);
});
