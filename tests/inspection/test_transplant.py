"""Outputs are changed where they are named and nowhere else, and come back as they were."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.inspection import (
    change_outputs,
    class_token_map,
    kept_outputs,
    last_look,
    nothing_to_patches,
    nothing_to_prefix,
    record_attention,
    same_to_patches,
)
from companion.models import ViT
from companion.parts import PatchGrid


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))


def test_a_transplanted_output_gives_the_donors_answer(model):
    images, donors = torch.randn(4, 3), torch.randn(4, 3)
    given = model[0](donors)
    before = model(images)
    with change_outputs(model, {"0": lambda _: given}):
        assert_close(model(images), model(donors))
    assert_close(model(images), before)
    assert not torch.allclose(before, model(donors))


def test_all_is_as_before_after_an_error(model):
    before = model(torch.ones(1, 3))
    with (
        pytest.raises(ValueError, match="must keep the shape"),
        change_outputs(model, {"0": lambda out: out[:, :1]}),
    ):
        model(torch.ones(1, 3))
    assert_close(model(torch.ones(1, 3)), before)


def test_unknown_layers_are_named(model):
    with (
        pytest.raises(ValueError, match="Sequential has no layer 7, 9"),
        change_outputs(model, {"9": lambda out: out, "0": lambda out: out, "7": lambda out: out}),
    ):
        pass


def test_a_layer_of_no_tensor_is_refused():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    model = nn.Sequential(Pair())
    with (
        pytest.raises(ValueError, match="hands on a tuple"),
        change_outputs(model, {"0": lambda out: out}),
    ):
        model(torch.ones(1))


@pytest.fixture
def vit():
    torch.manual_seed(0)
    return ViT(PatchGrid(8, 4), dim=8, depth=2, heads=2, num_classes=3, init_std=0.3).eval()


def test_patches_share_a_look_or_lose_it():
    output = torch.randn(2, 5, 3)
    shared = same_to_patches(output)
    assert_close(shared[:, 1:], output[:, 1:].mean(1, keepdim=True).expand(2, 4, 3))
    assert_close(shared[:, 0], output[:, 0])
    assert_close(nothing_to_patches(output)[:, 0], output[:, 0])
    assert not nothing_to_patches(output)[:, 1:].any()
    assert_close(nothing_to_prefix(output)[:, 1:], output[:, 1:])
    assert not nothing_to_prefix(output)[:, 0].any()


def test_what_is_kept_transplants_the_answer(vit):
    layers = [f"blocks.{i}" for i in range(2)]
    images, donors = torch.rand(2, 2, 3, 8, 8)
    kept = kept_outputs(vit, donors, {name: lambda out: out for name in layers})
    with change_outputs(vit, {"blocks.1": lambda _: kept["blocks.1"]}):
        assert_close(vit(images), vit(donors))


def test_the_last_look_is_the_one_that_is_recorded(vit):
    images = torch.rand(2, 3, 8, 8)
    with torch.no_grad(), record_attention(vit) as maps:
        logits = vit(images)
    found = last_look(vit, images, layer="blocks.1.token_mixer")
    assert_close(found.logits, logits)
    assert_close(found.look, class_token_map(maps[1]).mean(dim=1))
