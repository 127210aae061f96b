"""The encoder against torch's layers, the undivided scores by hand, a row in small."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.experiments import find_experiment
from companion.experiments.norm_and_warmup import RECIPES, SETTINGS, conclude, run, words_right
from companion.experiments.norm_and_warmup.encoder import Encoder, Layer, Recipe
from companion.parts import key_mask

SMALL = SETTINGS | {"dim": 8, "longest": 3, "epochs": 2, "steps_an_epoch": 3, "judged": 5}


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_layer_is_torchs(norm_first):
    ours = Layer(16, Recipe(norm_first=norm_first))
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.3)
    theirs = nn.TransformerEncoderLayer(
        16, 4, 64, dropout=0.0, activation="gelu", layer_norm_eps=1e-6, batch_first=True,
        norm_first=norm_first,
    )  # fmt: skip
    theirs.self_attn.in_proj_weight.data = ours.attention.qkv.weight.data
    theirs.self_attn.in_proj_bias.data = ours.attention.qkv.bias.data
    theirs.self_attn.out_proj.load_state_dict(ours.attention.output.state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.expand.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.contract.state_dict())
    for name in ("norm1", "norm2"):
        getattr(theirs, name).load_state_dict(getattr(ours, name).state_dict())
    tokens, padding = torch.randn(2, 5, 16), torch.arange(5) >= torch.tensor([[5], [3]])
    expected = theirs(tokens, src_key_padding_mask=padding)
    assert_close(ours(tokens, key_mask(padding)), expected, atol=1e-4, rtol=0)


def test_undivided_scores_are_the_dot_products():
    layer = Layer(8, Recipe(heads=1, divided=False)).attention
    tokens = torch.randn(2, 5, 8)
    q, k, v = layer.qkv(tokens).chunk(3, dim=-1)
    assert_close(layer(tokens), layer.output((q @ k.mT).softmax(dim=-1) @ v))


def test_a_small_start_is_the_division_until_the_first_step():
    layers = []
    for recipe in (Recipe(heads=2), Recipe(heads=2, divided=False, small_start=True)):
        torch.manual_seed(0)
        layers.append(Layer(8, recipe).attention)
    tokens = torch.randn(2, 5, 8)
    assert_close(layers[0](tokens), layers[1](tokens))
    with torch.no_grad():
        for layer in layers:
            layer.qkv.weight += 0.5
    assert not torch.allclose(layers[0](tokens), layers[1](tokens))


def test_variants_start_from_the_same_weights_and_differ_in_what_they_name():
    models = []
    for recipe in (RECIPES["pre-norm"], RECIPES["post-norm"]):
        torch.manual_seed(0)
        models.append(Encoder(9, dim=8, max_length=5, recipe=recipe))
    pairs = zip(models[0].layers.parameters(), models[1].layers.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    word = torch.tensor([[3, 4, 5]])
    assert not torch.allclose(models[0](word), models[1](word))
    assert RECIPES["post-norm, no warm-up"].warmup == 0
    assert RECIPES["post-norm"].warmup == 0.1


def test_a_row_in_small_and_its_table(tmp_path):
    row = run("one head, not divided", 0, "cpu", settings=SMALL, folder=tmp_path)
    assert row["steps"] == 6
    assert len(row["high_rate"]["right"]) == 2
    again = run("one head, not divided", 0, "cpu", settings=SMALL, folder=tmp_path)
    assert again["high_rate"]["loss"] == row["high_rate"]["loss"]
    table = conclude([{"variant": "x", "seed": 0, **row}])["table"]
    assert table == {"x": {rate: [row[rate]["right"][-1]] for rate in ("low_rate", "high_rate")}}
    assert set(find_experiment("norm_and_warmup").variants) == set(RECIPES)


def test_a_word_is_right_when_all_its_letters_are():
    from companion.data import make_reversals

    batch = make_reversals(4, lengths=[2, 3], seed=0).whole

    class Oracle(nn.Module):
        def __init__(self, wrong):
            super().__init__()
            self.weight, self.wrong = nn.Parameter(torch.zeros(())), wrong

        def forward(self, source):
            answer = batch.target[:, 1 : 1 + source.shape[1]].clone()
            answer[: self.wrong, 0] += 1
            return nn.functional.one_hot(answer, 40).float()

    assert words_right(Oracle(0), batch) == 1.0
    assert words_right(Oracle(1), batch) == 0.75
