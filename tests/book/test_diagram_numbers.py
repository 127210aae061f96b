"""The numbers in the drawn diagrams are what the package computes, and all of them are printed."""

import importlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import AttentionMap, rollout
from companion.models import ConvMixerBlock
from companion.parts import (
    AdditiveAttention,
    ContentFreeAttention,
    DepthwiseConvolution,
    EvenAttention,
    EvenWeights,
    FourierMixing,
    LearnedPositions,
    MultiHeadAttention,
    NoMixing,
    PatchEmbed,
    PatchGrid,
    ShiftMixing,
    TokenMLP,
    to_patches,
)
from companion.parts.attention.multi_head import attention_weights

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def numbers(monkeypatch):
    """The numbers that a chapter's drawing works out by hand, as tensors."""
    monkeypatch.syspath_prepend(ROOT / "scripts" / "diagrams")

    def of(chapter):
        found = importlib.import_module(f"chapter{chapter}").numbers()
        return {name: torch.from_numpy(value).double() for name, value in found.items()}

    return of


def fill(linear, weight):
    """Give a linear layer weights, and no bias."""
    linear.weight.data = weight
    if linear.bias is not None:
        linear.bias.data = torch.zeros(len(weight), dtype=weight.dtype)


def texts(name):
    """What a drawing says, in its own order."""
    drawn = ElementTree.parse(ROOT / "book" / "images" / f"{name}.svg").iter(f"{SVG}text")
    return ["".join(text.itertext()).replace("\N{MINUS SIGN}", "-") for text in drawn]


def assert_printed(name, values, digits):
    """A tensor's numbers stand in the drawing one after the other, row by row."""
    said = texts(name)
    words = [f"{round(value, digits) + 0:.{digits}f}" for value in values.flatten().tolist()]
    runs = (said[i : i + len(words)] for i in range(len(said)))
    assert words in runs, f"{words} do not stand in {name}"


def test_the_look_up_is_attention(numbers):
    n = numbers("01")
    weights = attention_weights(n["q"][None, None, None], n["keys"][None, None])[0, 0, 0]
    assert_close(n["weights"], weights)
    assert_close(n["context"], weights @ n["values"])
    assert_printed("01_mechanism", n["context"], 2)
    for key, value, share, weight in zip(n["keys"], n["values"], n["shares"], weights, strict=True):
        assert_printed("01_mechanism", key, 0)
        assert_printed("01_mechanism", value, 0)
        assert_printed("01_mechanism", share, 2)
        assert_printed("01_mechanism", weight, 2)


def test_two_heads_are_multi_head_attention(numbers):
    n = numbers("02")
    layer, heard = MultiHeadAttention(4, heads=2), []
    columns = [matrix for name in ("wq", "wk", "wv") for matrix in n[name]]
    fill(layer.qkv, torch.cat(columns, dim=1).T)
    fill(layer.output, n["wo"].T)
    layer.tap.register_forward_hook(lambda _tap, _given, weights: heard.append(weights))
    assert_close(layer(n["x"][None])[0], n["out"])
    assert_close(heard[0][0], n["weights"])
    for name, digits in {"q": 0, "k": 0, "v": 0, "scores": 2, "weights": 2}.items():
        for head in n[name]:
            assert_printed("02_mechanism", head, digits)
    for name, digits in {"x": 0, "wo": 0, "out": 2}.items():
        assert_printed("02_mechanism", n[name], digits)
    for half in n["joined"].chunk(2, dim=1):
        assert_printed("02_mechanism", half, 2)


def test_the_look_at_four_cells_is_additive_attention(numbers):
    n = numbers("03")
    layer, heard = AdditiveAttention(query_dim=2, value_dim=2, dim=2), []
    fill(layer.query, n["W"])
    fill(layer.key, n["U"])
    fill(layer.score, n["v"][None])
    layer.tap.register_forward_hook(lambda _tap, _given, weights: heard.append(weights))
    context = layer(n["h"][None], layer.encode(n["cells"][None]))
    assert_close(context[0], n["context"])
    assert_close(heard[0].flatten(), n["weights"])
    for name, digits in {"W": 1, "U": 1, "h": 1, "v": 1, "context": 2}.items():
        assert_printed("03_mechanism", n[name], digits)
    for cell in range(4):
        for name, digits in {"cells": 1, "keys": 1, "sums": 1, "hidden": 2}.items():
            assert_printed("03_mechanism", n[name][cell], digits)
        assert_printed("03_mechanism", torch.stack([n["scores"][cell], n["weights"][cell]]), 2)


def test_the_other_looks_at_four_cells_are_the_package_s(numbers):
    n = numbers("03")
    layer = EvenAttention()
    assert_close(layer(n["h"][None], layer.encode(n["cells"][None]))[0], n["even"])
    for weights, seen in ((n["weights"], n["context"]), (torch.full((4,), 0.25), n["even"])):
        assert_printed("03_looks", torch.cat([weights, seen]), 2)
    for cell in (0, 3):
        drawn = torch.eye(4).double()[cell]
        assert_printed("03_looks", torch.cat([drawn, n["cells"][cell]]), 2)


def test_the_patches_are_embedded_as_the_package_does(numbers):
    n = numbers("04")
    images = n["image"][None, None]
    embed, positions = PatchEmbed(PatchGrid(4, 2, 1), 2), LearnedPositions(4, 2)
    fill(embed.projection, n["E"])
    positions.table.data = n["places"].expand_as(positions.table)
    assert_close(n["patches"], to_patches(images, 2)[0])
    assert_close(n["tokens"], embed(images)[0])
    assert_close(n["out"], positions(embed(images))[0])
    assert_printed("04_mechanism", n["E"].T, 1)
    for patch in range(4):
        for name, digits in {"patches": 0, "tokens": 1, "places": 1, "out": 1}.items():
            assert_printed("04_mechanism", n[name][patch], digits)


def test_the_rollout_is_the_package_s(numbers):
    n = numbers("05")
    maps = [AttentionMap(f"blocks.{i}", each[None, None], None) for i, each in enumerate(n["A"])]
    assert_close(rollout(maps)[0], n["rollout"])
    assert_close(n["rollout"].sum(dim=-1), torch.ones(3, dtype=torch.float64))
    for layer in range(2):
        assert_printed("05_mechanism", n["A"][layer], 1)
        assert_printed("05_mechanism", n["mixed"][layer], 2)
    assert_printed("05_mechanism", n["rollout"], 2)


def test_the_columns_go_through_the_package_s_token_mlp(numbers):
    n = numbers("06")
    layer = TokenMLP(3, 2)
    fill(layer.mlp.expand, n["W1"])
    fill(layer.mlp.contract, n["W2"])
    assert_close(layer(n["X"][None])[0], n["U"])
    assert_close(layer.mlp.activation(layer.mlp.expand(n["X"].T)).T, n["H"])
    assert_close(n["X"] + n["U"], n["out"])
    for name, digits in {"W1": 0, "X": 0, "H": 1, "W2": 1, "U": 1, "out": 1}.items():
        assert_printed("06_mechanism", n[name], digits)


def test_the_look_at_three_cards_is_attention(numbers):
    n = numbers("07")
    for i, order in enumerate(([0, 1, 2], [0, 2, 1])):
        keys, values = n["keys"][order], n["values"][order]
        # attention_weights divides by the root of a key's length.
        query = n["query"][None, None, None] * 2**0.5
        weights = attention_weights(query, keys[None, None])[0, 0, 0]
        assert_close(n["scores"][i], keys @ n["query"])
        assert_close(n["weights"][i], weights)
        assert_close(n["read"][i], weights @ values)
        assert_close(n["fixed"][i], n["table"] @ values)
        for name, digits in {"scores": 0, "weights": 2, "read": 2, "fixed": 2}.items():
            assert_printed("07_mechanism", n[name][i], digits)
    assert_printed("07_mechanism", n["table"], 1)


def test_the_block_with_numbers_is_the_package_s(numbers):
    n = numbers("08")
    block = ConvMixerBlock(2, kernel_size=3).double().eval()
    block.spatial[0].weight.data, block.channel[0].weight.data = (
        n["K"][:, None],
        n["W"][:, :, None, None],
    )
    for layer in (block.spatial[0], block.channel[0]):
        layer.bias.data.zero_()
    # The norms divide by the root of 1 + 1e-5 and do nothing else.
    assert_close(block.spatial(n["X"][None])[0], n["G"], atol=1e-4, rtol=0)
    assert_close(block(n["X"][None])[0], n["out"], atol=1e-4, rtol=0)
    assert_close(n["U"], n["X"] + n["G"])
    assert_printed("08_mechanism", n["W"], 1)
    for channel in range(2):
        for name, digits in {"X": 0, "K": 1, "G": 1, "U": 1, "out": 1}.items():
            assert_printed("08_mechanism", n[name][channel], digits)


def test_a_push_goes_through_a_convolution_and_not_through_a_hidden_unit(numbers):
    n = numbers("09")
    convolved = torch.nn.functional.conv1d(n["X"][:, None], n["kernel"][None, None], padding=1)
    assert_close(n["C"], convolved[:, 0])
    assert_close(n["C"][1], n["C"][0].roll(1))
    assert_close(n["mean"], n["C"].mean(dim=1))
    assert_close(n["alone"], n["X"] @ n["unit"])
    assert_close(n["after"], n["C"] @ n["unit"])
    for row in (0, 1):
        for name, digits in {"X": 0, "C": 1, "mean": 1, "alone": 1, "after": 1}.items():
            assert_printed("09_mechanism", n[name][row], digits)


def test_the_mixers_with_numbers_are_the_package_s(numbers):
    n, X = numbers("10"), torch.from_numpy(importlib.import_module("chapter10").X)
    grid = PatchGrid(2, 1, 1)
    assert_printed("10_mechanism", X, 0)
    even = ContentFreeAttention(4, weights=EvenWeights(4)).double()
    attention = MultiHeadAttention(4, heads=1).double()
    same = torch.eye(4).double()
    for layer in (even.values, even.output, attention.output):
        fill(layer, same)
    fill(attention.qkv, same.repeat(3, 1))
    convolution = DepthwiseConvolution(grid, 4, kernel_size=3).double()
    kernel = torch.from_numpy(importlib.import_module("chapter10").KERNEL)
    convolution.layer.weight.data = kernel.expand(4, 1, 3, 3).clone()
    convolution.layer.bias.data.zero_()
    mixers = {
        "none": NoMixing(),
        "even weights": even,
        "shift": ShiftMixing(grid),
        "convolution": convolution,
        "Fourier": FourierMixing(),
        "attention": attention,
    }
    changed = X.clone()
    changed[0] += torch.tensor([0.3, -0.2, 0.7, 0.1])
    heard = importlib.import_module("chapter10").heard()
    for name, mixer in mixers.items():
        out, other = mixer(X[None])[0], mixer(changed[None])[0]
        assert_close(out, n[name])
        assert_printed("10_mechanism", n[name], 2)
        assert ((out - other).abs().amax(dim=1) > 1e-9).tolist() == heard[name]


SHAPES = {
    "01": lambda s: [f"4 × {2 * s['hidden_dim']}", f"4 × {s['hidden_dim']}"],
    "02": lambda s: [
        f"m × {s['dim']}",
        f"{s['heads']} heads",
        f"{s['dim']} → {4 * s['dim']} → {s['dim']}",
    ],
    "03": lambda s: [f"64 cells × {s['dim']}", f"z: {s['dim']}"],
    "04": lambda s: [
        f"linear: {s['patch_size'] ** 2} → {s['dim']}",
        f"17 × {s['dim']}",
        f"× {s['depth']}",
        f"{s['heads']} heads",
        f"{s['dim']}→{4 * s['dim']}→{s['dim']}",
    ],
    "08": lambda s: [
        f"{s['patch_size']} × {s['patch_size']}: 1 → {s['dim']}",
        f"depthwise {s['kernel_size']} × {s['kernel_size']}",
        f"1 × 1: {s['dim']} → {s['dim']}",
        f"× {s['depth']}",
        f"linear: {s['dim']} → 10",
    ],
    "05": lambda s: [f"layer {s['depth']}", f"head {s['heads']}"],
    "06": lambda s: [
        f"linear: {s['patch_size'] ** 2} → {s['dim']}",
        f"channels: {s['dim']}",
        f"× {s['depth']}",
        f"16 → {s['token_dim']} → 16",
        f"{s['dim']} → {s['mlp_dim']} → {s['dim']}",
        f"linear: {s['dim']} → 10",
    ],
}


@pytest.mark.parametrize("number", SHAPES)
def test_the_shapes_are_those_of_the_chapter(number):
    (path,) = (ROOT / "book").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    (settings,) = [source for source in sources if "lesson.settings(" in source]
    found = re.findall(r'"(\w+)": \{.*?"book": (\d+),', settings)
    shapes = SHAPES[number]({key: int(value) for key, value in found})
    assert set(shapes) <= set(texts(f"{number}_model"))
