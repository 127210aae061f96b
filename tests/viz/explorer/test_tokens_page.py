"""The explorer of tokens in a real browser, the network cut: what is drawn and said."""

import re

import pytest
import torch

from companion.inspection import AttentionMap, rollout
from companion.parts import causal_mask
from companion.viz import explore_tokens
from companion.viz.explorer.tokens.names import visible
from companion.viz.style import heat_map

PAIR = ["[CLS]", "we", "like", "tea", "[SEP]", "they", "like", "milk", "[SEP]"]
N = len(PAIR)
NAMES = ["“[CLS]”", "“we”", "“like” (number 3)", "“tea”", "“[SEP]” (number 5)"]


def made(queries=N, keys=None, *, layers=2, heads=2, seed=0, mask=None):
    """Maps and what an explorer of them should show: (layer, view) -> (q, k)."""
    torch.manual_seed(seed)
    scores = torch.randn(layers, 1, heads, queries, keys or queries) * 2
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    maps = [AttentionMap(f"layers.{i}", w, None) for i, w in enumerate(scores.softmax(-1))]
    expected = {(i, f"{h + 1}"): m.weights[0, h] for i, m in enumerate(maps) for h in range(heads)}
    expected |= {(i, "mean"): m.weights[0].mean(0) for i, m in enumerate(maps)}
    if keys is None:
        expected |= {(i, "rollout"): rollout(maps[: i + 1])[0].float() for i in range(layers)}
    return maps, expected


def assert_shown(shown, expected, item, queries=N):
    """What is shown is the row of who looks, or the column of who is looked at."""
    matrix = expected[shown["layer"], shown["view"]]
    row = matrix[item] if item < queries else matrix[:, item - queries]
    assert shown["query"] == item
    off = (torch.tensor(shown["weights"]) - row).abs()
    assert (off <= shown["off"] + 1e-6).all()
    assert shown["off"] <= 1 / 510


class View:
    """An opened explorer, and where to point in its columns and its matrix."""

    def __init__(self, page, queries=N, keys=N):
        self.page, self.queries, self.keys = page, queries, keys
        self.at = page.page.locator

    def token(self, item, panel=0):
        side, place = ("left", item) if item < self.queries else ("right", item - self.queries)
        return self.at(f".{side}").nth(panel).locator(".token").nth(place)

    def cell(self, query, key):
        return self.page.centre(query, key, (self.queries, self.keys), panel=1)

    @property
    def matrix(self):
        return self.page.stage(panel=1)

    def shown(self):
        return self.page.shown()[0]

    def seen(self):
        shown = self.shown()
        return shown["query"], shown["probe"]

    def pixels(self):
        return torch.tensor(self.page.pixels((self.queries, self.keys))).float()


@pytest.fixture
def view(opened):
    def open_view(maps, tokens=PAIR, *, page=None, **settings):
        html = explore_tokens(tokens, maps, **settings).html
        return View(opened(html, **(page or {})).ready())

    return open_view


def test_who_looks_and_who_is_looked_at_are_shown_in_two_columns(view):
    maps, expected = made()
    shown = view(maps)
    for item in [3, 0, N - 1, N, N + 4, 2 * N - 1]:
        shown.token(item).hover()
        assert_shown(shown.shown(), expected, item)
        row = torch.tensor(shown.shown()["weights"])
        others = range(N) if item >= N else range(N, 2 * N)
        numbers = [shown.token(other).locator("b").text_content() for other in others]
        assert numbers == [f"{w:.2f}" if w >= 0.005 else "" for w in row.tolist()]
        top = int(row.argmax()) + (0 if item >= N else N)
        assert "strongest" in shown.token(top).get_attribute("class")
        wide = shown.at(".strong").evaluate_all("all => all.map((n) => +n.style.strokeWidth)")
        assert int(torch.tensor(wide).argmax()) == top % N
        line = shown.at(".strong").nth(top % N).get_attribute("d")
        ends = [float(y) for y in re.findall(r"^M0 ([\d.]+)C.* 100 ([\d.]+)$", line)[0]]
        assert ends == [at % N + 0.5 for at in ((top, item) if item >= N else (item, top))]
    assert shown.page.wrong == []


def test_the_matrix_holds_the_heat_and_reads_its_cells(view):
    maps, expected = made()
    shown = view(maps)
    for name in ("1", "mean", "rollout"):
        shown.at(".head").first.select_option(index=["1", "2", "mean", "rollout"].index(name))
        matrix = expected[1, name]
        share = (matrix / matrix.max()).clamp(max=1).flatten()
        colours = torch.from_numpy(heat_map()(share.numpy()))[:, :3].float() * 255
        assert (shown.pixels() - colours).abs().max() <= 4
        assert shown.shown()["top"] == pytest.approx(matrix.max().item(), abs=0.002)
    for query, key in [(2, 7), (8, 0), (4, 4)]:
        shown.matrix.hover(position=shown.cell(query, key))
        assert shown.seen() == (query, N + key)
        read = float(re.search(r": ([\d.]+)\.$", shown.page.text("read"))[1])
        assert read == pytest.approx(expected[1, "rollout"][query, key].item(), abs=0.006)
    assert shown.page.text("read").startswith("On “[SEP]” (number 5): ")
    shown.page.page.mouse.move(1, 1)
    assert shown.seen() == (4, None)


def test_every_layer_and_head_is_there_at_a_glance_and_can_be_chosen(view):
    maps, expected = made()
    shown = view(maps)
    views = ["1", "2", "mean", "rollout"]
    small = """all => all.map((canvas) => [...canvas.getContext("2d").getImageData(
        0, 0, canvas.width, canvas.height).data].filter((_, at) => at % 4 === 0))"""
    thumbs = shown.at(".thumbs canvas").evaluate_all(small)
    assert len(thumbs) == 2 * len(views)
    for at, red in enumerate(thumbs):
        layer, name = at // 4, views[at % 4]
        matrix = expected[layer, name]
        colours = heat_map()((matrix / matrix.max()).flatten().numpy())[:, 0] * 255
        assert (torch.tensor(red) - torch.from_numpy(colours)).abs().max() <= 4
        shown.at(".thumbs canvas").nth(at).click()
        assert (shown.shown()["layer"], shown.shown()["view"]) == (layer, name)
        assert_shown(shown.shown(), expected, 0)
        assert shown.at(".layer").first.input_value() == str(layer)
        assert shown.at(".head").first.input_value() == str(at % 4)
    assert shown.at(".thumbs canvas.one").count() == 1


def test_two_maps_are_compared_for_the_same_token(view):
    maps, expected = made()
    shown = view(maps)
    shown.at(".compare").check()
    shown.at(".head").nth(1).select_option(index=1)
    shown.token(5, panel=1).hover()
    first, second = shown.page.shown()
    assert (first["layer"], first["view"]) == (1, "mean")
    assert (second["layer"], second["view"]) == (0, "2")
    for one in (first, second):
        assert_shown(one, expected, 5)
    shown.at(".common").check()
    first, second = shown.page.shown()
    assert (
        first["top"]
        == second["top"]
        == pytest.approx(max(matrix.max().item() for matrix in expected.values()), abs=0.002)
    )


def test_keys_walk_over_tokens_and_read_weights(view):
    shown = view(made()[0])
    shown.page.stage().focus()
    for key, seen in [
        ("ArrowDown", (1, None)),
        ("ArrowDown", (2, None)),
        ("ArrowRight", (2, N)),
        ("ArrowRight", (2, N + 1)),
        ("ArrowDown", (3, N + 1)),
        ("ArrowLeft", (3, N)),
        ("ArrowLeft", (3, N)),
        ("End", (N - 1, N)),
        ("Home", (0, N)),
        ("ArrowUp", (0, N)),
        ("Enter", (0, None)),  # held
        ("ArrowDown", (0, N)),
        ("ArrowDown", (0, N + 1)),
        ("End", (0, 2 * N - 1)),
        ("Escape", (0, None)),
        ("ArrowDown", (1, None)),
    ]:
        shown.page.page.keyboard.press(key)
        assert shown.seen() == seen, key
    shown.at(".from").select_option(index=N + 2)  # who looks at it?
    shown.matrix.focus()
    shown.page.page.keyboard.press("ArrowDown")
    assert shown.seen() == (N + 3, None)
    shown.page.page.keyboard.press("ArrowRight")
    assert shown.seen() == (N + 3, 0)
    assert shown.page.wrong == []


def test_what_is_seen_is_said(view):
    maps, _ = made()
    for attention in maps:
        attention.weights[...] = 0.01
        attention.weights[:, :, 2, 0] = 0.5
        attention.weights[:, :, 2, 7] = 0.25
        attention.weights[:, :, 3, 3] = 0.4
        attention.weights[:, :, 5] = 0
    shown = view(maps)
    choose = shown.at(".from").select_option
    said = shown.page.text
    choose(label="3 like")
    sentence = (
        "“like” (number 3) looks most at “[CLS]”: 0.50; of the other tokens, at “milk”: 0.25."
    )
    assert said("seen") == said("said") == sentence
    shares = r"itself [\d.]+ · special tokens 0.52 · sentence A 0.0\d+ · sentence B 0.27"
    assert re.fullmatch(shares, said("parts"))
    choose(label="4 tea")
    assert said("said") == "“tea” looks most at itself: 0.40."
    choose(label="6 they")
    assert said("said") == "“they” puts no weight here: all its weights are zero."
    choose(index=N + 7)
    assert said("said") == "“milk” is looked at most by “like” (number 3): 0.25."
    assert "in all 0.3" in said("parts")
    shown.at(".head").first.select_option(label="Rollout so far")
    assert said("said").startswith("“milk” gives most to itself: 0.")
    choose(index=N)
    other = r"“like” \(number 3\): 0\.\d+\."
    given = rf"“\[CLS\]” gives most to ({other}|itself: 0\.\d+; of the other tokens, to {other})"
    assert re.fullmatch(given, said("said"))
    before = said("said")
    shown.token(1).hover()
    assert said("said") == before, "a sweep of the mouse is not read aloud"
    assert shown.at("[role=status]").count() == 1


def test_a_click_holds_a_token_and_those_of_the_other_column_are_read(view):
    maps, expected = made()
    shown = view(maps)
    shown.token(3).click()
    shown.token(N + 5).hover()
    assert shown.seen() == (3, N + 5)
    read = float(re.fullmatch(r"On “they”: ([\d.]+)\.", shown.page.text("read"))[1])
    assert read == pytest.approx(expected[1, "mean"][3, 5].item(), abs=0.006)
    shown.token(1).hover()
    assert shown.seen()[0] == 3, "held"
    shown.matrix.hover(position=shown.cell(7, 2))
    assert shown.seen() == (3, N + 2)
    assert shown.page.hint().startswith("Held.")
    shown.token(N + 6).click()
    assert shown.seen() == (N + 6, None)
    shown.token(2).hover()
    assert shown.page.text("read").startswith("Of “like” (number 3) on it: ")
    shown.token(N + 6).click()
    assert shown.page.hint().startswith("Point at a token")
    shown.token(1).hover()
    assert shown.seen() == (1, None)


def test_a_tap_chooses_and_another_holds(view):
    shown = view(made()[0], page={"width": 390, "has_touch": True, "is_mobile": True})

    def tap(item):
        shown.token(item).tap()
        return (*shown.seen(), shown.page.hint()[:4])

    assert tap(3) == (3, None, "Tap ")
    assert tap(N + 2) == (N + 2, None, "Tap ")
    assert tap(N + 2) == (N + 2, None, "Held")
    assert tap(4) == (N + 2, 4, "Held")
    assert tap(N + 5) == (N + 5, None, "Held")
    assert tap(N + 5) == (N + 5, None, "Tap ")
    shown.matrix.tap(position=shown.cell(1, 6))
    assert shown.seen() == (1, N + 6)


def test_special_tokens_and_sentences_are_marked_and_can_be_left_out(view):
    maps, expected = made()
    shown = view(maps)
    marked = [shown.token(i).get_attribute("class").split() for i in range(N)]
    assert ["special" in names for names in marked] == [t.startswith("[") for t in PAIR]
    assert [shown.token(i).get_attribute("data-segment") for i in range(N)] == [*"000001111"]
    letters = [shown.token(i).locator("small").text_content() for i in range(N)]
    assert letters == ["A", "", "", "", "", "B", "", "", ""]
    words = torch.tensor([not token.startswith("[") for token in PAIR])
    first, second = words & (torch.arange(N) < 5), words & (torch.arange(N) >= 5)
    parts = {
        "all tokens": torch.ones(N, N, dtype=torch.bool),
        "without special tokens": words[:, None] & words,
        "within sentence A": first[:, None] & first,
        "sentence A to B": first[:, None] & second,
        "sentence B to A": second[:, None] & first,
        "within sentence B": second[:, None] & second,
    }
    assert shown.at(".part option").all_text_contents() == list(parts)
    for name, keeps in parts.items():
        shown.at(".part").select_option(label=name)
        kept = {key: matrix * keeps for key, matrix in expected.items()}
        query = shown.shown()["query"]
        assert keeps[query].any(), "one is chosen of whom something is shown"
        assert_shown(shown.shown(), kept, query)
        assert shown.shown()["top"] == pytest.approx(kept[1, "mean"].max().item(), abs=0.002)
        away = shown.pixels().reshape(N, N, 3)[~keeps]
        assert (away == torch.tensor([227.0, 224, 216])).all()
    assert shown.page.text("seen").startswith("Within sentence B, “they” looks most at ")


def test_what_is_masked_is_marked(view):
    mask = causal_mask(N) & (torch.arange(N) < 7)
    shown = view(made(mask=mask)[0])
    hidden = ~mask.flatten()
    pixels = shown.pixels()
    assert (pixels[hidden] - torch.tensor([107.0, 114, 128])).abs().max() < 60, "hatched"
    assert (pixels[~hidden, 0] > pixels[~hidden, 2] - 1).all()
    masked = [i for i in range(2 * N) if "masked" in shown.token(i).get_attribute("class").split()]
    assert masked == [7, 8, N + 7, N + 8], "padding, where it looks and where it is looked at"
    shown.matrix.hover(position=shown.cell(3, 5))
    assert shown.page.text("read") == "On “they”: 0, hidden from it."
    assert shown.page.text("even") == "0.25 if spread evenly"
    assert "as behind a mask" in shown.page.text("legend")
    assert "mask" not in view(made()[0]).page.text("legend")


def test_encoder_decoder_and_cross_attention_are_kinds_to_choose(opened):
    read, write = ["das", "ist", "gut", "."], ["<s>", "that", "is", "good", "."]
    (one, read_maps), (two, written), (three, across) = (
        made(4, seed=1),
        made(5, seed=2, mask=causal_mask(5)),
        made(5, 4, seed=3),
    )
    html = explore_tokens(
        {"encoder": read, "decoder": write},
        {"encoder": one, "decoder": two, ("decoder", "encoder"): three},
    ).html
    page = opened(html).ready()
    buttons = page.page.locator(".kinds button")
    assert buttons.all_text_contents() == ["encoder", "decoder", "decoder to encoder"]
    sizes = [(read_maps, 4, 4), (written, 5, 4), (across, 5, 3)]
    for at, (expected, queries, views) in enumerate(sizes):
        buttons.nth(at).press("Enter")
        kind = page.page.locator(".kind:visible")
        assert kind.count() == 1
        assert kind.locator(".map:visible .left .token").count() == queries
        assert kind.locator(".map:visible .head option").count() == views
        kind.locator(".stage").first.press("Home")
        kind.locator(".stage").first.press("ArrowDown")
        assert_shown(page.shown()[0], expected, 1, queries)
        pressed = [b.get_attribute("aria-pressed") for b in buttons.all()]
        assert pressed == [str(other == at).lower() for other in range(3)]
    buttons.nth(0).click()
    assert page.shown()[0]["query"] == 1, "what was chosen is kept"
    assert "itself" not in page.page.locator(".kind").nth(2).locator(".parts").first.text_content()
    assert page.wrong == []


def test_tokens_run_nothing_and_turn_nothing(hostile, opened):
    odd = ["\u202egnirts", "a\u200bb\u200d", "שלום", "", "\n", "\u0301", "\ud800", "z" * 999]
    tokens = [*hostile, *odd]
    maps, _ = made(len(tokens))
    named = [AttentionMap(hostile[0], m.weights, None) for m in maps]
    title = hostile[1]
    html = explore_tokens({hostile[2]: tokens}, {hostile[2]: named}, title=title).html
    page = opened(f"{html}<p id=after>after</p>").ready()
    shown = View(page, len(tokens), len(tokens))
    for item, token in enumerate(tokens):
        assert shown.token(item).locator("span").text_content() == visible(token)
        option = page.page.locator(".from option").nth(item).text_content()
        assert option == f"{item + 1} {visible(token)}"
        page.page.locator(".from").select_option(index=item)
        assert page.text("seen").startswith("“")
    page.page.locator(".from").select_option(index=tokens.index("שלום"))
    assert page.text("seen").startswith("“\u2068שלום\u2069” looks most")
    text = page.page.locator(".explorer").inner_text()
    assert not re.search("[\u200b\u202a-\u202e\u2028\u2029\ud800]", text)
    assert page.page.locator(".title").text_content() == title
    assert page.page.locator(".layer option").first.get_attribute("title") == hostile[0]
    assert page.page.locator("#after").text_content() == "after"
    assert page.page.locator("img[src=x], svg[onload], script[src]").count() == 0
    assert page.wrong == []


def test_a_tour_shows_what_it_says(view):
    maps, expected = made(layers=3)
    maps[0].weights[:, 0] = 0.02
    maps[0].weights[0, 0, torch.arange(1, N), torch.arange(N - 1)] = 0.84
    maps[1].weights[..., 4] += 4
    maps[1].weights[...] /= maps[1].weights.sum(-1, keepdim=True)
    expected = expected | {(0, "1"): maps[0].weights[0, 0], (1, "mean"): maps[1].weights[0].mean(0)}
    shown = view(maps)
    shown.at(".tour button").first.press("Enter")
    told, places = [], []
    for _ in range(6):
        told.append(shown.page.text("tour >> p"))
        one = shown.shown()
        places.append((one["layer"], one["view"], one["query"]))
        assert shown.page.text("seen") in told[-1]
        assert shown.page.hint().startswith("Held.")
        shown.page.page.keyboard.press("Enter")
    assert [place[:2] for place in places[:2]] == [(0, "mean"), (2, "mean")]
    assert places[3][:2] == (0, "1")
    assert "Head 1 of layer 1 looks at the token before: 0.84 on average." in told[3]
    assert places[4] == (1, "mean", N + 4)
    share = expected[1, "mean"][:, 4].mean().item()
    gets = re.search(r"In layer 2, “\[SEP\]” \(number 5\) gets ([\d.]+) of all", told[4])
    assert float(gets[1]) == pytest.approx(share, abs=0.006)
    assert places[5][1] == "rollout"
    assert "not why the model answers" in told[5]
    assert shown.at(".tour button").first.is_visible()
    assert shown.page.wrong == []


@pytest.mark.parametrize("width", [390, 700, 1000])
def test_nothing_jumps_while_one_looks_around(width, view):
    shown = view(made()[0], page={"width": width})
    places = (".hint", ".overview", ".side", ".words")
    before = shown.page.heights(*places)
    for item in range(2 * N):
        shown.token(item).hover()
        assert shown.page.heights(*places) == before
    for key in range(N):
        shown.matrix.hover(position=shown.cell(2, key))
        assert shown.page.heights(*places) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_accessible_and_not_too_wide(width, scheme, opened):
    mask = torch.arange(64) < 60
    maps = made(64, layers=6, heads=12, mask=mask)[0]
    across = made(64, 5, layers=6, heads=12)[0]
    tokens = ["[CLS]", *["some", "word" * 9, "a"] * 10, "[SEP]", *["b"] * 28, *["[PAD]"] * 4]
    names = {"a": tokens, "b": ["x"] * 5}
    html = explore_tokens(names, {"a": maps, ("a", "b"): across}, largest=600_000).html
    page = opened(f"<main><h1>t</h1>{html}</main>", width=width, color_scheme=scheme).ready()
    assert page.too_wide() == [0, []]
    assert page.violations() == []
    page.page.locator(".compare").check()
    page.page.locator(".kinds button").nth(1).click()
    assert page.too_wide() == [0, []]
    assert page.violations() == []
    assert page.wrong == []
