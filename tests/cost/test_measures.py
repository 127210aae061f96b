"""What a model costs, against analytic values."""

import dataclasses
import json
import subprocess
import sys

import pytest
import torch
from torch import nn

from companion import cost
from companion.experiments.step_times.references import SHAPES, Shape, ours
from companion.inspection.record import record_attention
from companion.parts import PatchGrid

TINY = Shape("tiny", PatchGrid(8, 4), dim=12, depth=2, heads=3, num_classes=5, batch=2)


def vit_flops(shape: Shape) -> int:
    """Matrix products of a ViT, a multiplication and an addition counted as two."""
    n, d = shape.grid.num_patches + 1, shape.dim
    embed = shape.grid.num_patches * shape.grid.patch_dim * d
    block = n * d * 3 * d + 2 * n * n * d + n * d * d + 2 * n * d * 4 * d
    return 2 * shape.batch * (embed + shape.depth * block + d * shape.num_classes)


def images_of(shape: Shape) -> torch.Tensor:
    size = shape.grid.image_size
    return torch.rand(shape.batch, shape.grid.channels, size, size)


def test_parameters_are_counted_once():
    shared = nn.Linear(3, 3)
    assert cost.count_parameters(nn.Sequential(shared, shared)) == 12
    assert cost.count_parameters(ours(SHAPES[0])) == 5_717_416


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("shape", [TINY, *SHAPES], ids=lambda s: s.title)
def test_flops_of_a_vit_are_the_analytic_ones_attention_included(shape, device):
    if device == "cpu":
        shape = dataclasses.replace(shape, batch=1)
    with torch.device(device):
        assert cost.count_flops(ours(shape), images_of(shape)) == vit_flops(shape)


def test_flops_are_the_same_while_attention_is_recorded():
    model, images = ours(TINY), images_of(TINY)
    with record_attention(model):
        assert cost.count_flops(model, images) == vit_flops(TINY)


def test_flops_of_a_convolution():
    layer, images = nn.Conv2d(3, 4, 3, padding=1), torch.rand(2, 3, 8, 8)
    assert cost.count_flops(layer, images) == 2 * 2 * 4 * 64 * 27


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 2.0])
def test_scaling_exponent_finds_the_power(power):
    sizes = [3, 10, 70]
    assert cost.scaling_exponent(sizes, [5 * s**power for s in sizes]) == pytest.approx(power)


@pytest.mark.parametrize(
    ("sizes", "costs", "message"),
    [
        ([1, 2], [1], "2 sizes and 1 costs"),
        ([2, 2], [1, 2], "two different sizes"),
        ([1, 2], [0, 2], "above 0"),
    ],
)
def test_scaling_exponent_refuses(sizes, costs, message):
    with pytest.raises(ValueError, match=message):
        cost.scaling_exponent(sizes, costs)


def test_peak_memory_is_that_of_the_tensors_held_at_once():
    size = 4 * 1024 * 1024

    def call() -> None:
        first = torch.empty(size, dtype=torch.uint8)
        del first
        second, third = (torch.empty(size, dtype=torch.uint8) for _ in range(2))
        del second, third

    assert cost.peak_memory(call, "cpu") == pytest.approx(2 * size, rel=1e-3)


def test_measures_alone_load_no_experiment():
    code = (
        "import json, sys, companion.cost.measures, companion.cost.pairs, companion.cost.memory; "
        "print(json.dumps([m for m in sys.modules if m.startswith('companion.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in json.loads(done.stdout)}
    assert rooms == {"cost", "lazy"}
