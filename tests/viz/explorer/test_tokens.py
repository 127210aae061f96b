"""The explorer of tokens: what it carries, to a known error and in bounded size, and refuses."""

import base64
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from companion.inspection import AttentionMap, record_attention, rollout
from companion.models import Transformer
from companion.parts import causal_mask
from companion.viz import explore_tokens
from companion.viz.explorer.tokens.names import segments_of, special_of, visible

PAIR = ["[CLS]", "i", "like", "it", ".", "[SEP]", "we", "do", "too", "[SEP]"]


def made(queries=10, keys=None, *, layers=2, heads=3, batch=1, mask=None, sharpness=2.0):
    torch.manual_seed(0)
    scores = torch.randn(layers, batch, heads, queries, keys or queries) * sharpness
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return [AttentionMap(f"layers.{i}", w, None) for i, w in enumerate(scores.softmax(-1))]


def kinds_in(explorer):
    """The data that the page carries, as its script reads it."""
    (found,) = re.findall(r'<script type="application/json">(.*?)</script>', explorer.html)
    return json.loads(found)["kinds"]


def weights_in(kind):
    """What the page can show: (l, m, q, k); and of each row, the largest that is not exact."""
    q, k, exact = len(kind["queries"]["tokens"]), len(kind["keys"]["tokens"]), kind["exact"]
    shape = (len(kind["layers"]), kind["maps"], q)
    raw, rows = zlib.decompress(base64.b64decode(kind["weights"])), int(np.prod(shape))
    largest = np.frombuffer(raw, "<f4", rows).reshape(*shape, 1)
    first = np.frombuffer(raw, "<f4", rows * exact, 4 * rows).reshape(*shape, exact)
    steps = np.frombuffer(raw, np.uint8, offset=4 * rows * (1 + exact))
    rest = steps.reshape(*shape, k - exact) * (largest / kind["levels"])
    weights = np.empty((*shape, k), np.float32)
    weights[..., kind["order"]] = np.concatenate([first, rest], axis=-1)
    return torch.from_numpy(weights), torch.from_numpy(largest.copy())


@pytest.mark.parametrize("less", [0, 1, 8_000])
def test_weights_are_off_by_half_a_level_and_those_that_draw_most_are_exact(less):
    maps = made(30, layers=3, heads=6)
    for attention in maps:
        attention.weights[..., 4] += 3
        attention.weights[...] /= attention.weights.sum(-1, keepdim=True)
    names = [f"t{i}" for i in range(30)]
    largest = len(explore_tokens(names, maps).html.encode()) - less
    explorer = explore_tokens(names, maps, largest=largest)
    assert (explorer.levels == 255) == (less == 0)
    assert len(explorer.html.encode()) <= largest
    (kind,) = kinds_in(explorer)
    kept, rows = weights_in(kind)
    heads = torch.stack([attention.weights[0] for attention in maps])
    off = (kept[:, :-1] - heads).abs()
    assert kind["order"][0] == 4
    assert sorted(kind["order"]) == [*range(30)]
    assert kind["exact"] >= 1
    assert off[..., kind["order"][: kind["exact"]]].max() == 0
    assert off[..., kind["order"][kind["exact"] :]].max() > 0
    assert (off <= rows[:, :-1] / (2 * explorer.levels) + 1e-7).all()
    assert rows[:, :-1].max() < 0.7 * heads.max(), "what draws much does not coarsen the rest"
    for depth in range(3):
        expected = rollout(maps[: depth + 1])[0].float()
        assert (
            (kept[depth, -1] - expected).abs() <= rows[depth, -1] / (2 * explorer.levels) + 1e-6
        ).all()


@pytest.mark.parametrize(("sharpness", "levels"), [(3.0, 127), (0.0, 31)])
def test_64_tokens_6_layers_and_12_heads_take_400_kilobytes_at_most(sharpness, levels):
    maps = made(64, layers=6, heads=12, sharpness=sharpness)
    if not sharpness:  # no row is like another, the worst that can be packed
        maps = [replace(m, weights=torch.rand_like(m.weights)) for m in maps]
    explorer = explore_tokens([f"token{i}" for i in range(64)], maps)
    assert len(explorer.html.encode()) <= 400_000
    assert explorer.levels >= levels
    with pytest.raises(ValueError, match=r"6 layers of 12 heads on 64 tokens take .* give fewer"):
        explore_tokens(["a"] * 64, maps, largest=60_000)


def test_a_transformers_three_attentions_are_explored_together():
    model = Transformer(20, 20, dim=16, depth=2, heads=2, max_length=9).eval()
    with torch.inference_mode(), record_attention(model) as maps:
        model(torch.tensor([[3, 4, 5]]), torch.tensor([[1, 6, 7, 8]]))
    read, written, across = (
        [m for m in maps if m.weights.shape[2:] == size] for size in [(3, 3), (4, 4), (4, 3)]
    )
    explorer = explore_tokens(
        {"encoder": ["a", "b", "c"], "decoder": ["<s>", "x", "y", "z"]},
        {"encoder": read, "decoder": written, ("decoder", "encoder"): across},
    )
    kinds = kinds_in(explorer)
    assert [kind["name"] for kind in kinds] == ["encoder", "decoder", "decoder to encoder"]
    assert [kind["maps"] for kind in kinds] == [3, 3, 2], "the rollout, where tokens are the same"
    assert [kind["own"] for kind in kinds] == [True, True, False]
    assert kinds[2]["queries"]["tokens"] == ["<s>", "x", "y", "z"]
    assert kinds[2]["keys"]["tokens"] == ["a", "b", "c"]
    assert kinds[1]["layers"] == [m.layer for m in written]
    assert kinds[1]["numbers"] == [1, 2]
    later = (~causal_mask(4)).flatten().nonzero().flatten().tolist()
    assert [kind["hidden"] for kind in kinds] == [[], later, []]
    assert [kind["first"] for kind in kinds] == [0, 3, 0], "the first <s> can look at itself alone"
    kept, _ = weights_in(kinds[2])
    given = torch.stack([m.weights[0] for m in across])
    assert (kept - given).abs().max() < 0.002
    assert "3 encoder tokens: a b c; 4 decoder tokens: <s> x y z." in explorer.description


def test_attentions_of_hugging_face_are_shown_as_they_come():
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=30,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=32,
        attn_implementation="eager",
    )
    ids, mask = torch.arange(10).repeat(2, 1), torch.ones(2, 10, dtype=torch.long)
    mask[1, 7:] = 0
    with torch.inference_mode():
        outputs = BertModel(config).eval()(ids, attention_mask=mask, output_attentions=True)
    types = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    explorer = explore_tokens(PAIR, outputs.attentions, index=1, segments=types)
    (kind,) = kinds_in(explorer)
    kept, rows = weights_in(kind)
    given = torch.stack([weights[1] for weights in outputs.attentions])
    assert ((kept[:, :-1] - given).abs() <= rows[:, :-1] / 510 + 1e-7).all()
    assert kind["hidden"] == [10 * query + key for query in range(10) for key in (7, 8, 9)]
    assert kind["numbers"] == [1, 2, 3]
    assert kind["queries"]["segments"] == types.tolist()
    assert kind["queries"]["special"] == [token.startswith("[") for token in PAIR]
    arrays = [weights.numpy() for weights in outputs.attentions]  # as TensorFlow's would be
    assert explore_tokens(PAIR, arrays, index=1, segments=types).html == explorer.html


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("word", "word"),
        ("##ing", "##ing"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("", "(empty)"),
        ("  x\n", "␣␣x↵"),
        ("\u202egnirts", "⟨U+202E⟩gnirts"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("\u00a0\u2028\x00", "⟨U+00A0⟩⟨U+2028⟩⟨U+0000⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
        ("\u200d", "⟨U+200D⟩"),
        ("猫", "猫"),
        ("z" * 41, "z" * 40 + "…"),
        ("z" * 40, "z" * 40),
    ],
)
def test_every_character_of_a_token_is_seen(token, shown):
    assert visible(token) == shown


def test_special_tokens_are_those_in_brackets_or_those_named():
    tokens = ["[CLS]", "[MASK]", "<s>", "</s>", "<pad>", "<|end|>", "[a]", "<", "a<s>", "[cls]"]
    assert special_of(tokens, None) == [True] * 6 + [False] * 4
    assert special_of(["▸", "<s>"], ["▸"]) == [True, False]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("[CLS] a [SEP] b c [SEP]", [0, 0, 0, 1, 1, 1]),
        ("[CLS] a [SEP]", [0, 0, 0]),
        ("[CLS] a [SEP] b [SEP] [PAD] [PAD]", [0, 0, 0, 1, 1, 1, 1]),
        ("<s> a </s> </s> b </s>", [0, 0, 0, 0, 1, 1]),
        ("a b", [0, 0]),
        ("[SEP] a", [0, 0]),
    ],
)
def test_a_sentence_begins_after_a_separator(text, segments):
    tokens = text.split()
    assert segments_of(tokens, special_of(tokens, None)) == segments


def test_words_say_what_is_seen_at_first():
    maps = made()
    for attention in maps:
        attention.weights[...] = 0.01
        attention.weights[:, :, 0, 6] = 0.5
    explorer = explore_tokens(PAIR, maps)
    assert f"10 tokens: {' '.join(PAIR)}. Their attention: 2 layers of 3 heads." in explorer.html
    assert "averaged, “[CLS]”, number 1, looks most at “we”, number 7." in explorer.description
    assert repr(explorer) == f"<AttentionExplorer: {explorer.description}>"


def test_equal_input_gives_equal_html_and_one_of_a_batch_is_chosen():
    maps = made(batch=3)
    chosen = explore_tokens(PAIR, maps, index=1)
    alone = [replace(m, weights=m.weights[1:2]) for m in maps]
    assert chosen.html == explore_tokens(PAIR, alone).html
    assert chosen.html != explore_tokens(PAIR, maps, index=0).html
    assert chosen.html != explore_tokens(PAIR, maps, index=1, title="Another").html


def test_no_token_becomes_markup(hostile):
    for label in hostile:
        explorer = explore_tokens([label, label], made(2), title=label)
        assert explorer.html.count("<script") == explorer.html.count("</script>") == 2
        assert explorer.html.count("<img") == 1
        assert kinds_in(explorer)[0]["queries"]["tokens"] == [visible(label)] * 2


CROSS = {("b", "a"): made(3, 2)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maps": []}, "0 maps"),
        ({"maps": [*made(), *made(9)]}, "4 maps of shapes"),
        ({"maps": [m.weights[0] for m in made()]}, r"2 maps of shapes .* all of the same"),
        ({"maps": made(batch=2)}, "2 texts: choose one, as in index=0"),
        ({"index": 1}, "index=1 for maps of 1 texts"),
        ({"maps": made(9)}, "9 queries and 9 keys for the 10 and 10 tokens of tokens"),
        ({"maps": [replace(m, weights=-m.weights) for m in made()]}, "not below 0"),
        ({"maps": [replace(m, weights=m.weights * torch.nan) for m in made()]}, "nan"),
        ({"tokens": "ten tokens"}, "convert_ids_to_tokens"),
        ({"tokens": [*range(10)]}, "convert_ids_to_tokens"),
        ({"tokens": []}, "is no list of texts"),
        ({"segments": [0, 1]}, "2 segments for the 10 tokens"),
        ({"tokens": {"a": PAIR}}, "name both or neither"),
        ({"maps": {"a": made()}}, "name both or neither"),
        ({"tokens": {"a": PAIR}, "maps": {}}, "name both or neither"),
        ({"tokens": {"a": ["x"] * 2}, "maps": CROSS}, r"maps of \['b'\], but tokens of \['a'\]"),
        ({"tokens": {"a": ["x"], "b": ["y"] * 3}, "maps": CROSS}, "the 3 and 1 tokens of b to a"),
    ],
)
def test_bad_input_is_refused(change, message):
    given = {"tokens": PAIR, "maps": made()} | change
    with pytest.raises(ValueError, match=message):
        explore_tokens(given.pop("tokens"), given.pop("maps"), **given)
