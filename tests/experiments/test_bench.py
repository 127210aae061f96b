"""The measures against analytic values; the benchmarks on tiny shapes, with no time asserted."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from companion.experiments.mnist_race.compare import ARTICLE, OURS, compare, race
from companion.experiments.mnist_race.race import (
    Examples,
    Point,
    Recipe,
    Run,
    Window,
    seconds_to,
    thin,
)
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion import cost
from companion.cost import measures
from companion.cost.memory import peak_memory
from companion.cost.pairs import Ratio, interval_rank, median_ratio, noise, time_pairs
from companion.experiments import command
from companion.experiments.mnist_race import compare as article
from companion.experiments.mnist_race.article_model import ArticleViT
from companion.experiments.step_times import compare as steps
from companion.experiments.step_times.references import (
    SHAPES,
    Shape,
    ours,
    timm_vit,
    vit_pytorch_vit,
    without_tap,
)
from companion.inspection.record import NothingRecorded, record_attention
from companion.models import ViT
from companion.parts import PatchGrid
from companion.runner.keys import closure

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


def test_median_seconds_is_the_median_of_the_repeats(monkeypatch):
    ticks = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    calls = []
    monkeypatch.setattr(measures, "perf_counter", lambda: next(ticks))
    assert cost.median_seconds(lambda: calls.append(1), 3) == 2.0
    assert len(calls) == 4
    with pytest.raises(ValueError, match="repeats=0"):
        cost.median_seconds(lambda: None, 0)


# The ranks that tables of the sign test's interval give (Conover 1999, table A3).
@pytest.mark.parametrize(("count", "rank"), [(5, 0), (6, 0), (10, 1), (20, 5), (30, 9), (40, 13)])
def test_interval_of_the_median(count, rank):
    assert interval_rank(count) == rank


def test_ratios_are_taken_pair_by_pair():
    drifting = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    ratio = median_ratio([2 * s for s in drifting], drifting)
    assert ratio == Ratio(2.0, 2.0, 2.0)
    assert noise(Ratio(1.0, 0.98, 1.01)) == pytest.approx(0.02)


def test_pairs_alternate_in_order():
    calls: list[str] = []
    time_pairs(lambda: calls.append("a"), lambda: calls.append("b"), pairs=3, clock=lambda: 0.0)
    assert "".join(calls) == "ab" + "ba" + "ab" + "ba"


def test_peak_memory_is_that_of_the_tensors_held_at_once():
    size = 4 * 1024 * 1024

    def call() -> None:
        first = torch.empty(size, dtype=torch.uint8)
        del first
        second, third = (torch.empty(size, dtype=torch.uint8) for _ in range(2))
        del second, third

    assert peak_memory(call, "cpu") == pytest.approx(2 * size, rel=1e-3)


def test_the_twin_without_tap_gives_the_same_and_cannot_be_heard():
    model, images = ours(TINY), images_of(TINY)
    twin = without_tap(model)
    assert_close(twin(images), model(images), rtol=0, atol=0)
    with pytest.raises(NothingRecorded), record_attention(twin):
        twin(images)


def test_references_have_the_same_size_as_ours():
    count = cost.count_parameters(ours(TINY))
    assert cost.count_parameters(timm_vit(TINY)) == count
    pytest.importorskip("vit_pytorch")
    patch, dim = TINY.grid.patch_dim, TINY.dim
    # Two LayerNorms around the embedding more, and no biases in qkv.
    extra = 2 * patch + 2 * dim - TINY.depth * 3 * dim
    assert cost.count_parameters(vit_pytorch_vit(TINY)) == count + extra


def test_steps_compares_and_writes_its_result(tmp_path, capsys):
    status = steps.run_steps(
        pairs=3, device="cpu", output=tmp_path, shapes=[TINY], references={"timm": timm_vit}
    )
    result = json.loads((tmp_path / "bench.json").read_text())
    assert status == int(not result["held"])
    assert {(row["pass"], row["reference"]) for row in result["rows"]} == {
        (name, other)
        for name in ("forward", "forward + backward")
        for other in ("timm", steps.CONTROL, steps.TAPLESS)
    }
    for row in result["rows"]:
        assert row["pairs"] == 3
        assert row["low"] <= row["ratio"] <= row["high"]
        assert row["noise"] >= 1
        assert min(row["ours_ms"], row["reference_ms"], row["memory_ratio"]) > 0
        assert (row["held"] is None) == (row["reference"] == steps.CONTROL)
        if row["reference"] == steps.CONTROL:
            assert row["memory_ratio"] == 1
    assert result["threads"] == 1
    assert isinstance(result["hardware"], str)
    assert "torch" in result["versions"]
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("ratio", "memory", "held"), [(1.049, 1.0, True), (1.051, 1.0, False), (1.0, 1.04, False)]
)
def test_a_target_can_be_missed_in_time_and_in_memory(ratio, memory, held):
    row = {"ratio": ratio, "memory_ratio": memory, "allowed": 1.03, "noise": 1.02}
    assert steps._held(row) is held


def test_a_missing_reference_is_said_in_one_line(tmp_path, capsys, monkeypatch):
    def missing(shape: Shape) -> nn.Module:
        raise ModuleNotFoundError("No module named 'timm'")

    monkeypatch.setattr(
        steps.run_steps, "__kwdefaults__", {"shapes": [TINY], "references": {"timm": missing}}
    )
    assert command.main(["steps", "--output", str(tmp_path)]) == 2
    assert "pip install timm" in capsys.readouterr().err


def test_results_go_to_the_clone_from_wherever(tmp_path, monkeypatch, root):
    seen = []
    monkeypatch.setattr(steps, "run_steps", lambda **options: seen.append(options["output"]) or 0)
    monkeypatch.chdir(tmp_path)
    assert command.main([]) == 0
    assert command.main(["--output", "here"]) == 0
    assert seen == [root / "book" / "results", Path("here")]


def test_measures_alone_depend_on_no_benchmark(root):
    files = closure(["from companion.cost.measures import count_flops"], root)
    names = {path.relative_to(root / "companion").as_posix() for path in files}
    assert names == {"__init__.py", "cost/__init__.py", "cost/measures.py", "lazy.py"}


def test_the_article_model_is_the_one_described():
    torch.manual_seed(0)
    model = ArticleViT()
    assert cost.count_parameters(model) == 41_418
    images = torch.randn(3, 1, 28, 28)
    probabilities = model(images)
    assert_close(probabilities.sum(dim=1), torch.ones(3))
    assert (probabilities > 0).all()
    # With nothing mixed, only the upper left patch can matter.
    for block in model.blocks:
        nn.init.zeros_(block.projection.weight)
    elsewhere = images.clone()
    elsewhere[:, :, 7:, :] = 0
    elsewhere[:, :, :7, 7:] = 0
    assert_close(model(elsewhere), model(images))
    elsewhere[:, :, 0, 0] += 1
    assert not torch.allclose(model(elsewhere), model(images))


def test_the_article_model_cannot_see_the_order_of_the_other_patches():
    torch.manual_seed(0)
    model, images = ArticleViT(), torch.randn(2, 1, 28, 28)
    mirrored = images.clone()
    mirrored[:, :, 7:] = images[:, :, 7:].roll(7, dims=2)
    assert_close(model(mirrored), model(images))


def test_the_article_heads_attend_scaled_by_the_token_dim():
    torch.manual_seed(0)
    head, tokens = ArticleViT().blocks[0].heads[0], torch.randn(2, 16, 32)
    expected = F.scaled_dot_product_attention(
        head.query(tokens), head.key(tokens), head.value(tokens), scale=32**-0.5
    )
    assert_close(head(tokens), expected)


def test_the_recipes_are_those_described():
    adam = ARTICLE.optimizer(ArticleViT())
    assert type(adam) is torch.optim.Adam
    assert adam.defaults["lr"] == ARTICLE.config.learning_rate == 3e-4
    assert (ARTICLE.batch_size, ARTICLE.config.epochs) == (64, 20)
    assert ARTICLE.config.clip_norm is None
    model = OURS.build()
    assert isinstance(model, ViT)
    assert cost.count_parameters(model) <= 41_418


def examples(count: int = 512) -> Examples:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % 10
    images = torch.randn(count, 1, 28, 28, generator=generator) * 0.1
    images[torch.arange(count), 0, 0, labels] += 3.0
    return Examples(images, labels)


def test_taking_turns_does_not_change_a_run():
    train = examples()
    whole, halting = (Run(OURS, 0, train, window=128) for _ in range(2))
    whole.advance(1e9)
    other = Run(ARTICLE, 1, train)
    while not halting.done:
        halting.advance(0.0 if halting.done else 1e-9)
        other.advance(1e-9)
    assert [p.accuracy for p in whole.curve] == [p.accuracy for p in halting.curve]
    for a, b in zip(whole.model.parameters(), halting.model.parameters(), strict=True):
        assert_close(a, b, rtol=0, atol=0)
    assert whole.step == 2 * (512 // 128)
    assert len(whole.epochs) == 2


def test_an_update_is_that_of_torch():
    train = examples(128)
    recipe = dataclasses.replace(ARTICLE, config=dataclasses.replace(ARTICLE.config, epochs=1))
    run = Run(recipe, 3, train)
    run.advance(1e9)
    torch.manual_seed(3)
    model = ArticleViT()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    order = torch.randperm(128, generator=torch.Generator().manual_seed(3))
    for chosen in order.split(64):
        optimizer.zero_grad()
        F.cross_entropy(model(train.images[chosen]), train.labels[chosen]).backward()
        optimizer.step()
    for a, b in zip(run.model.parameters(), model.parameters(), strict=True):
        assert_close(a, b, rtol=0, atol=0)


def test_window_is_the_share_right_among_the_last():
    window = Window(4)
    assert window.add(2, 2) is None
    assert window.add(0, 2) == 0.5
    assert window.add(0, 2) == 0.0
    assert window.add(2, 2) == 0.5


def test_thin_keeps_the_last_and_seconds_to_finds_the_first():
    points = [Point(float(i), i / 1000) for i in range(1001)]
    thinned = thin(points)
    assert len(thinned) <= 100
    assert thinned[-1] == points[-1]
    assert thin(points[:7]) == points[:7]
    assert seconds_to(points, 0.94) == 940.0
    assert seconds_to(points, 2.0) is None


def test_race_runs_both_recipes_and_compares_them(monkeypatch):
    monkeypatch.setattr(article, "TARGET", 0.0)
    train = examples(256)
    small = Recipe(ArticleViT, ARTICLE.optimizer, dataclasses.replace(ARTICLE.config, epochs=2), 64)
    theirs, mine = race(train, our_seeds=[5, 6], their_seeds=[0], theirs=small)
    assert [run.seed for run in mine][:2] == [5, 6]
    assert all(run.done for run in [*theirs, *mine])
    for run in [*theirs, *mine]:
        run.curve = run.epochs
    result = json.loads(json.dumps(compare(theirs, mine, train)))
    assert result["parameters"]["article"] == 41_418
    assert set(result["times_faster"]) == {"window", "epoch"}
    assert result["held"] == (min(result["times_faster"].values()) >= 6)
    for side in ("article", "ours"):
        for summary in result["runs"][side]:
            assert 0 <= summary["test_accuracy"] <= 1
            assert len(summary["curve"]) <= 100
            assert len(summary["epochs"]) == 2


def test_where_ours_never_arrives_the_target_is_missed(monkeypatch):
    monkeypatch.setattr(article, "TARGET", 2.0)
    train = examples(128)
    theirs, mine = race(
        train,
        our_seeds=[0],
        their_seeds=[0],
        theirs=dataclasses.replace(ARTICLE, config=dataclasses.replace(ARTICLE.config, epochs=1)),
    )
    assert compare(theirs, mine, train)["held"] is False
