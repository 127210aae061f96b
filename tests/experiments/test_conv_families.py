"""The models of chapter 8's record: sizes alike, mixers exchanged and nothing else."""

import pytest
import torch
from torch.testing import assert_close

from companion.cost import count_flops, count_parameters
from companion.experiments import find_experiment
from companion.experiments.conv_families import RATE, RATES, run, summary
from companion.experiments.conv_families.models import (
    FAMILIES,
    GRID,
    KERNELS,
    MODELS,
    PATCHES,
    SHELLS,
    convmixer,
    with_mixer,
    with_positions,
)
from companion.models import ConvMixer
from companion.parts import AsTokens, NoMixing

IMAGES = torch.rand(2, 3, 32, 32)


def test_families_and_shells_have_about_as_many_parameters():
    counts = {name: count_parameters(build()) for name, build in (FAMILIES | SHELLS).items()}
    assert min(counts.values()) >= 24_900, counts
    assert max(counts.values()) <= 30_000, counts


def test_every_model_answers_and_is_named_in_the_experiment():
    assert set(find_experiment("conv_families").variants) == set(MODELS)
    assert set(RATES) < set(MODELS)
    assert max(RATES.values()) <= RATE
    for build in MODELS.values():
        assert build()(IMAGES).shape == (2, 6)


def test_kernels_and_patches_are_what_their_names_say():
    for size, build in zip((3, 7), KERNELS.values(), strict=True):
        assert {b.spatial[0].kernel_size for b in build().blocks} == {(size, size)}
    for size, build in zip((2, 8), PATCHES.values(), strict=True):
        assert build().features(IMAGES).shape[2:] == (32 // size, 32 // size)
    flops = {name: count_flops(build().eval(), IMAGES[:1]) for name, build in PATCHES.items()}
    assert flops["patch 2"] > 10 * flops["patch 8"]


def small() -> ConvMixer:
    torch.manual_seed(0)
    return ConvMixer(GRID, dim=8, depth=2, kernel_size=3, num_classes=6).eval()


def test_only_the_convolutions_give_way():
    model, twin = small(), with_mixer(small(), NoMixing)
    assert [type(b.spatial[0]) for b in twin.blocks] == [AsTokens, AsTokens]
    kept = {n: p for n, p in model.named_parameters() if ".spatial.0." not in n}
    assert {n for n, _ in twin.named_parameters()} == set(kept)
    for name, parameter in twin.named_parameters():
        assert_close(parameter, kept[name])


def test_with_positions_a_place_is_known():
    """A bag of patches answers alike wherever they stand, unless each is told its place."""
    blind = with_mixer(small(), NoMixing)
    told = with_positions(with_mixer(small(), NoMixing), 8)
    torch.nn.init.normal_(told.embed[-1].layer.table)
    turned = IMAGES.unflatten(2, (8, 4)).flip(2).flatten(2, 3)
    with torch.no_grad():
        assert_close(blind(turned), blind(IMAGES))
        assert not torch.allclose(told(turned), told(IMAGES), atol=1e-4)


def test_the_convmixer_is_built_with_its_sizes():
    model = convmixer(dim=12, depth=3, kernel_size=7, patch_size=8)
    assert len(model.blocks) == 3
    assert model.features(IMAGES).shape == (2, 12, 4, 4)


def test_a_row_is_trained(tmp_path):
    settings = {"scenes": 24, "test": 12, "epochs": 1}
    row = run("patch 8", 0, "cpu", settings=settings, folder=tmp_path)
    assert row["parameters"] == count_parameters(MODELS["patch 8"]())
    assert row["operations"] > 1e6
    assert 0 <= row["accuracy"] <= 1
    assert row["test_images"] == 12


def test_the_record_as_a_page_shows_it():
    rows = [
        {
            "variant": name,
            "seed": seed,
            "parameters": 25_000,
            "operations": 3_300_000,
            "accuracy": 0.5 + 0.1 * seed,
            "own": 1.0,
        }
        for name in ("ConvMixer", "ViT")
        for seed in (0, 1)
    ]
    shares = summary.right({"rows": rows}, ["ViT", "ConvMixer"])
    assert list(shares) == ["ViT", "ConvMixer"]
    assert shares["ViT"] == pytest.approx([50, 60])
    head, cells = summary.table({"rows": rows}, ["ConvMixer"])
    assert cells == [["ConvMixer", "25,000", "3.3", "50.0%, 60.0%", "100%, 100%"]]
    assert len(head) == len(cells[0])
    assert len(summary.table({"rows": rows})[1]) == 2
