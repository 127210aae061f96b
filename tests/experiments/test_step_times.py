"""Rows of step times on a tiny shape, with no time asserted, and the verdict on given rows."""

import sys

import pytest
import torch
from torch.testing import assert_close

from companion import cost
from companion.experiments import find_experiment
from companion.experiments.step_times import CONTROL, PASSES, TAPLESS, compare, conclude
from companion.experiments.step_times.references import (
    NAMES,
    SHAPES,
    Shape,
    ours,
    theirs,
    without_tap,
)
from companion.inspection.record import NothingRecorded, record_attention
from companion.parts import PatchGrid

TINY = Shape("tiny", PatchGrid(8, 4), dim=12, depth=2, heads=3, num_classes=5, batch=2)


def test_the_twin_without_tap_gives_the_same_and_cannot_be_heard():
    model, images = ours(TINY), torch.rand(2, 3, 8, 8)
    twin = without_tap(model)
    assert_close(twin(images), model(images), rtol=0, atol=0)
    with pytest.raises(NothingRecorded), record_attention(twin):
        twin(images)


def test_references_have_the_same_size_as_ours():
    count = cost.count_parameters(ours(TINY))
    for library in ("timm", "transformers"):
        assert cost.count_parameters(theirs(library, TINY)) == count
    pytest.importorskip("vit_pytorch")
    patch, dim = TINY.grid.patch_dim, TINY.dim
    # Two LayerNorms around the embedding more, and no biases in qkv.
    extra = 2 * patch + 2 * dim - TINY.depth * 3 * dim
    assert cost.count_parameters(theirs("vit-pytorch", TINY)) == count + extra


def test_every_shape_pass_and_reference_is_a_variant():
    experiment = find_experiment("step_times")
    others = len(NAMES) + 2
    assert len(experiment.variants) == len(SHAPES) * len(PASSES) * others
    assert set(experiment.settings) == {"cpu", "cuda"}


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("reference", [CONTROL, TAPLESS, "timm"])
def test_a_row_compares_two_models(name, reference):
    row = compare(TINY, name, reference, seed=0, device="cpu", pairs=3)
    assert (row["shape"], row["pass"], row["reference"]) == ("tiny", name, reference)
    assert row["pairs"] == 3
    assert row["low"] <= row["ratio"] <= row["high"]
    assert min(row["ours_ms"], row["reference_ms"], row["ours_mb"] + 1) > 0
    if reference == CONTROL:
        assert row["memory_ratio"] == 1


def test_a_missing_reference_is_said_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm.models.vision_transformer", None)
    with pytest.raises(ImportError, match="pip install timm"):
        compare(TINY, "forward", "timm", seed=0, device="cpu", pairs=1)


def row(reference: str, ratio: float, memory: float = 1.0, name: str = "forward") -> dict:
    ends = {"low": ratio - 0.02, "high": ratio + 0.01}
    kind = {"shape": "tiny", "pass": name, "reference": reference}
    return {**kind, "ratio": ratio, **ends, "memory_ratio": memory}


def test_the_noise_is_that_of_the_control_of_the_same_shape_and_pass():
    rows = [row(CONTROL, 1.0), row("timm", 1.5), row(CONTROL, 1.1, name="step"), row("timm", 1.5)]
    rows[3]["pass"] = "step"
    assert [r["noise"] for r in conclude(rows)["rows"]] == [1.02, 1.02, 1.11, 1.11]


@pytest.mark.parametrize(
    ("ratio", "memory", "held"), [(1.049, 1.0, True), (1.051, 1.0, False), (1.0, 1.04, False)]
)
def test_a_target_can_be_missed_in_time_and_in_memory(ratio, memory, held):
    rows = [row(CONTROL, 1.0), row(TAPLESS, 1.0), row("timm", ratio, memory)]
    record = conclude(rows)
    checks = find_experiment("step_times").checks
    assert all(check.holds.holds(check.measure(record)) for check in checks) is held
