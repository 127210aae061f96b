"""Where the explorers run: pages, frames, notebooks; without scripts, in the dark, from a file."""

import html as markup
import re

import pytest
import torch

from companion.inspection import AttentionMap
from companion.parts import CLASS_TOKEN, TokenLayout
from companion.viz import explore_attention, explore_tokens

RESTARTED = {
    # JupyterLab puts a copy of each script in its place, before the output is on the page or after.
    "JupyterLab": ("script.replaceWith(copy)", True),
    "JupyterLab, not yet on the page": ("script.replaceWith(copy)", False),
    # VS Code appends it to the output and takes it away again.
    "VS Code": ("(element.append(copy), copy.remove())", True),
}
torch.manual_seed(0)
WEIGHTS = torch.randn(1, 1, 13, 13).softmax(-1)
MAPS = [AttentionMap("blocks.0", WEIGHTS, TokenLayout((CLASS_TOKEN,), 3, 4))]
WORDS = list("thirteen keys")
EXPLORERS = {
    "image": lambda **words: explore_attention(torch.rand(3, 12, 16), MAPS, **words),
    "tokens": lambda **words: explore_tokens(WORDS, MAPS, **words),
}


@pytest.fixture(params=EXPLORERS)
def explore(request):
    return EXPLORERS[request.param]


def assert_steps_on(host, stage):
    """The second token's row is shown after the down key."""
    stage.press("ArrowDown")
    (shown,) = host.evaluate("host => host.shown")
    assert shown["query"] == 1
    assert torch.tensor(shown["weights"]).allclose(WEIGHTS[0, 0, 1], atol=2e-3)


def test_it_needs_nothing_from_anywhere(explore, tmp_path):
    explorer = explore(title="<Cats & dogs>")
    assert explorer._repr_html_() == explorer.html
    explorer.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert explorer.html in page
    assert "<title>&lt;Cats &amp; dogs&gt;</title>" in page
    outside = page.replace('"http://www.w3.org/2000/svg"', "")  # a name, not an address
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import|https?:|fetch\(", outside)
    # VS Code lets no script write HTML.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", page)


def test_it_runs_in_a_sandboxed_frame(explore, opened):
    source = markup.escape(explore().html)
    style = "width: 100%; height: 800px"
    page = opened(f'<iframe sandbox="allow-scripts" srcdoc="{source}" style="{style}"></iframe>')
    frame = page.page.frame_locator("iframe")
    frame.locator("[data-state=ready]").wait_for()
    assert_steps_on(frame.locator("[data-explorer]"), frame.locator(".stage").first)
    assert page.wrong == []


@pytest.mark.parametrize(("way", "attached"), RESTARTED.values(), ids=RESTARTED)
def test_it_runs_as_notebooks_insert_it(way, attached, explore, opened):
    page = opened("<body></body>")
    run = """([html, attached]) => {
      const element = document.createElement("div");
      element.innerHTML = html;
      if (attached) document.body.append(element);
      for (const script of [...element.getElementsByTagName("script")]) {
        const copy = document.createElement("script");
        for (const { name, value } of script.attributes) copy.setAttribute(name, value);
        copy.text = script.textContent;
        WAY;
      }
      if (!attached) document.body.append(element);
    }""".replace("WAY", way)
    for count in (1, 2):  # the second time, as when a cell is run again
        page.page.evaluate(run, [explore().html, attached])
        page.ready(count)
    assert_steps_on(page.page.locator("[data-explorer]").nth(1), page.stage(explorer=1))
    assert page.wrong == []


def test_both_on_a_page_do_not_know_each_other(opened):
    page = opened("".join(explore().html for explore in EXPLORERS.values())).ready(2)
    for number in (0, 1):
        assert_steps_on(
            page.page.locator("[data-explorer]").nth(number), page.stage(explorer=number)
        )
    assert page.page.evaluate("document.querySelectorAll('[id]').length") == 0
    names = "Object.getOwnPropertyNames(window)"
    assert set(page.page.evaluate(names)) == set(opened("").page.evaluate(names))
    assert page.wrong == []


def test_a_notebook_does_not_take_its_keys(explore, opened):
    page = opened(explore().html + "<script>heard = 0; onkeydown = () => heard++</script>")
    page.ready()
    page.stage().press("ArrowDown")
    assert page.page.evaluate("heard") == 0
    page.stage().press("a")
    assert page.page.evaluate("heard") == 1
    assert page.page.locator("[data-explorer]").get_attribute("data-lm-suppress-shortcuts")


# What JupyterLab leaves of an untrusted output: of scripts and styles nothing, of what it does not
# know the contents alone (`@jupyterlab/apputils`, sanitizer.ts).
SANITIZED = """(html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const known = "a b button canvas div figcaption figure i img input label option p select span";
  body.querySelectorAll("script, style").forEach((node) => node.remove());
  const unwrap = (parent) => [...parent.children].forEach((node) => {
    unwrap(node);
    if (node.localName === "template") { unwrap(node.content); node.replaceWith(node.content); }
    else if (!known.split(" ").includes(node.localName)) node.replaceWith(...node.childNodes);
    else for (const name of node.getAttributeNames())
      if (!["alt", "class", "src", "title", "type"].includes(name)) node.removeAttribute(name);
  });
  unwrap(body);
  document.body.innerHTML = body.innerHTML;
}"""


def test_where_scripts_are_taken_out_nothing_dead_remains(explore, opened):
    explorer = explore(title="Two cats")
    page = opened("<body></body>")
    page.page.evaluate(SANITIZED, explorer.html)
    assert page.page.locator("figure img").is_visible()
    text = " ".join(page.page.locator("body").inner_text().split())
    assert text.startswith(f"Two cats {explorer.description} This is a still picture, because")
    assert "trust the notebook" in text
    assert text.endswith("can be chosen.")
    assert page.page.locator("button, input, select, canvas, template").count() == 0


def test_without_scripts_a_still_picture_and_its_text_remain(explore, opened):
    explorer = explore(title="Two cats")
    page = opened(explorer.html, java_script_enabled=False)
    still = page.page.locator("figure img")
    assert still.is_visible()
    assert still.bounding_box()["width"] >= 288
    assert still.get_attribute("alt") == explorer.description
    assert page.page.get_by_text("Two cats").is_visible()
    assert page.page.get_by_text(explorer.description).is_visible()


def test_a_browser_that_cannot_unpack_it_keeps_the_still_picture(explore, opened):
    page = opened(f"<script>delete window.DecompressionStream</script>{explore().html}")
    page.page.wait_for_selector("[data-state=still]")
    assert page.page.locator("figure img").is_visible()
    assert ["could not start" in said for said in page.wrong] == [True]


GROUND = """() => {
  const shadow = document.querySelector("[data-explorer]").shadowRoot;
  return getComputedStyle(shadow.querySelector(".explorer")).backgroundColor;
}"""
LIGHT, DARK = "rgb(251, 250, 247)", "rgb(28, 34, 43)"


@pytest.mark.parametrize(("system", "own"), [("light", LIGHT), ("dark", DARK)])
def test_it_is_dark_where_the_page_is(system, own, explore, opened):
    page = opened(f"<body>{explore().html}", color_scheme=system).ready()
    assert page.page.evaluate(GROUND) == own
    for theme, ground in [
        ("document.documentElement.dataset.theme = 'light'", LIGHT),  # the book
        ("document.documentElement.dataset.theme = 'dark'", DARK),
        ("document.body.dataset.jpThemeLight = 'true'", LIGHT),  # JupyterLab
        ("document.body.dataset.jpThemeLight = 'false'", DARK),
        ("document.documentElement.setAttribute('theme', 'light')", LIGHT),  # Colab
        ("document.documentElement.setAttribute('theme', 'dark')", DARK),
        ("document.body.className = 'vscode-light'", LIGHT),  # VS Code
        ("document.body.className = 'vscode-dark'", DARK),
    ]:
        page.page.evaluate(theme)
        assert page.page.evaluate(GROUND) == ground, theme
        page.page.evaluate("""() => [document.documentElement, document.body].forEach(
          (n) => n.getAttributeNames().forEach((name) => n.removeAttribute(name)))""")


def test_nothing_moves_by_itself(explore):
    moving = r"transition|animation|@keyframes|requestAnimationFrame|setInterval"
    assert not re.search(moving, explore().html)


def test_a_saved_page_opens_by_itself(explore, tmp_path, browser):
    explore().save(tmp_path / "saved.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "saved.html").as_uri())
    page.wait_for_selector("[data-state=ready]")
    assert_steps_on(page.locator("[data-explorer]"), page.locator(".stage").first)
    context.close()
