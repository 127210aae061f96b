// Filters the page of claims. The choices stand in the address, so that they can be linked to.
const form = document.querySelector(".claims-filter");
const rows = [...document.querySelectorAll(".claims-table tbody tr")];

function show() {
  const chosen = [...new FormData(form)].filter(([, value]) => value);
  for (const row of rows) row.hidden = chosen.some(([name, value]) => row.dataset[name] !== value);
  const left = rows.filter((row) => !row.hidden);
  for (const table of document.querySelectorAll(".claims-table")) {
    table.closest("section").hidden = !left.some((row) => table.contains(row));
  }
  form.querySelector("output").value = `${left.length} of ${rows.length} claims`;
  return chosen;
}

// A link to one claim shows it, whatever was chosen.
function showTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || !target.closest("[hidden]")) return;
  for (const select of form.querySelectorAll("select")) select.value = "";
  show();
  target.scrollIntoView();
}

for (const [name, value] of new URLSearchParams(location.search)) {
  const select = form.elements.namedItem(name);
  if (select && [...select.options].some((option) => option.value === value)) select.value = value;
}
form.addEventListener("change", () => {
  const query = new URLSearchParams(show()).toString();
  history.replaceState(null, "", location.pathname + (query && `?${query}`));
});
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", showTarget);
form.hidden = false;
show();
showTarget();
