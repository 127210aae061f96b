"""Rows of a ConvMixer's time over others', with no time asserted, and their table."""

import pytest
import torch
from torch import nn

from companion.cost import count_parameters
from companion.experiments import conv_speed, find_experiment
from companion.experiments.conv_speed import PASSES, REFERENCES, run, table


def test_all_have_about_as_many_parameters():
    counts = {name: count_parameters(build()) for name, build in REFERENCES.items()}
    assert min(counts.values()) >= 290_000, counts
    assert max(counts.values()) <= 335_000, counts


def test_every_pass_and_reference_is_a_variant():
    experiment = find_experiment("conv_speed")
    assert len(experiment.variants) == len(PASSES) * len(REFERENCES)
    assert experiment.timed


@pytest.mark.parametrize("name", PASSES)
def test_a_row_compares_two_models(name, monkeypatch, tmp_path):
    small = {
        other: lambda: nn.Sequential(nn.Flatten(), nn.Linear(3072, 10)) for other in REFERENCES
    }
    monkeypatch.setattr(conv_speed, "REFERENCES", small)
    settings = {"pairs": 3}
    row = run(f"{name}; ViT", 0, "cpu", settings=settings, folder=tmp_path)
    assert (row["pass"], row["reference"]) == (name, "ViT")
    assert row["low"] <= row["ratio"] <= row["high"]
    assert row["operations"] == 2 * 3072 * 10
    assert min(row["images_a_second"], row["convmixer_images_a_second"]) > 0


def test_the_table_has_a_line_for_each_rival():
    row = {"ratio": 1.25, "low": 1.2, "high": 1.3, "operations": 37_310_000}
    rows = [
        {**row, "pass": name, "reference": other} for other in ("ViT", "ResNet") for name in PASSES
    ]
    head, cells = table({"rows": rows})
    assert cells == [[other, "37", *["1.25 (1.20 to 1.30)"] * 3] for other in ("ViT", "ResNet")]
    assert len(head) == len(cells[0])


def test_patches_half_as_wide_are_four_times_the_places():
    images = torch.rand(1, 3, 32, 32)
    wide, narrow = (REFERENCES[name]() for name in ("itself", "itself, patch 2"))
    assert wide.features(images).shape[2:] == (8, 8)
    assert narrow.features(images).shape[2:] == (16, 16)
