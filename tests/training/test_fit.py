import copy
import itertools
import math
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from companion.training import CrossEntropy, FitConfig, decay_groups, evaluate, fit
from companion.training.schedules import make_schedule


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
@pytest.mark.parametrize("clip_norm", [0.05, None])
def test_it_is_the_loop_one_would_write_by_hand(build, points, optimizer, clip_norm, weights, same):
    config = FitConfig(
        3,
        0.01,
        optimizer=optimizer,
        weight_decay=0.3 if optimizer == "adamw" else 0.0,
        clip_norm=clip_norm,
        betas=(0.8, 0.95),
        warmup_fraction=0.25,
    )
    loader = DataLoader(TensorDataset(*points), batch_size=16, shuffle=True)
    model, twin = build(), build()

    torch.manual_seed(1)
    history = fit(model, loader, CrossEntropy(), config)

    torch.manual_seed(1)
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Adam
    groups = decay_groups(twin, weight_decay=config.weight_decay)
    by_hand = kind(groups, lr=0.01, betas=(0.8, 0.95), fused=True)
    losses = []
    for inputs, labels in itertools.chain.from_iterable(loader for _ in range(3)):
        by_hand.zero_grad()
        loss = F.cross_entropy(twin(inputs), labels)
        loss.backward()
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(twin.parameters(), clip_norm)
        for group in by_hand.param_groups:
            group["lr"] = 0.01 * make_schedule(config)(len(losses), total=18)
        by_hand.step()
        losses.append(loss.item())

    assert same(weights(model), weights(twin))
    assert [step.loss for step in history.steps] == losses


def test_the_unfused_optimizer_agrees(build, points, weights):
    model, twin = build(dropout=0.0), build(dropout=0.0)
    config = FitConfig(1, 0.01, warmup_fraction=0.0, schedule="constant", clip_norm=None)
    fit(model, [points], CrossEntropy(), config)
    optimizer = torch.optim.AdamW(decay_groups(twin, weight_decay=0.05), lr=0.01, fused=False)
    CrossEntropy()(twin, points).backward()
    optimizer.step()
    torch.testing.assert_close(weights(model), weights(twin), rtol=1e-6, atol=1e-7)


def test_it_overfits_one_batch(build, points):
    model = build(dropout=0.0, width=64)
    history = fit(model, [points], CrossEntropy(), FitConfig(200, 0.02, weight_decay=0.0))
    assert history.steps[0].loss > 1.0
    assert history.steps[-1].loss < 0.02
    assert evaluate(model, [points]).accuracy == 1.0


def test_the_same_seed_gives_the_same_bits_and_another_does_not(build, batches, weights, same):
    runs = []
    for seed in (3, 3, 4):
        model = build()
        torch.manual_seed(seed)
        history = fit(model, batches, CrossEntropy(), FitConfig(3, 0.01))
        runs.append((weights(model), history.steps))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert not same(runs[0][0], runs[2][0])


def test_the_history_tells_what_happened(build, batches):
    config = FitConfig(4, 0.01, warmup_fraction=0.5)
    seen, epochs = [], []

    def after_epoch(model: nn.Module, epoch: int) -> dict[str, float]:
        epochs.append(epoch)
        return {"accuracy": evaluate(model, batches).accuracy}

    model = build()
    history = fit(
        model, batches, CrossEntropy(), config, after_step=seen.append, after_epoch=after_epoch
    )
    assert seen == history.steps
    assert [step.step for step in history.steps] == list(range(24))
    assert [step.epoch for step in history.steps] == [n // 6 for n in range(24)]
    rates = [step.learning_rate for step in history.steps]
    assert rates == [0.01 * make_schedule(config)(n, total=24) for n in range(24)]
    assert epochs == history.column("epoch") == [0, 1, 2, 3]
    assert history.column("learning_rate") == rates[5::6]
    means = [sum(s.loss for s in history.steps[6 * e : 6 * e + 6]) / 6 for e in range(4)]
    assert history.column("loss") == pytest.approx(means)
    assert all(seconds > 0 for seconds in history.column("seconds"))
    assert history.column("accuracy")[-1] == evaluate(model, batches).accuracy


def test_after_step_sees_the_updated_weights(build, batches, weights, same):
    model = build()
    before = weights(model)

    def after_step(_: object) -> None:
        assert not same(weights(model), before)
        before.update(weights(model))

    fit(model, batches, CrossEntropy(), FitConfig(1, 0.01), after_step=after_step)


def test_the_callers_model_is_left_as_it_was_but_trained(build, batches, weights, same):
    model = build().eval()
    model[1].train()
    modes = [module.training for module in model.modules()]
    attributes = set(vars(model))
    for precision in ("bf16", "no"):
        before = weights(model)
        fit(model, batches, CrossEntropy(), FitConfig(1, 0.01, mixed_precision=precision))
        assert not same(weights(model), before)
        assert set(vars(model)) == attributes
        assert [module.training for module in model.modules()] == modes
        assert all(p.grad is None for p in model.parameters())
        assert model(torch.randn(4, 6)).dtype == torch.float32
    copy.deepcopy(model)


def test_precision_may_differ_from_run_to_run(build, batches, weights, same):
    results = []
    for precision in ("no", "bf16", "no"):
        model = build()
        torch.manual_seed(0)
        config = FitConfig(1, 0.01, mixed_precision=precision, device="cpu")
        fit(model, batches, CrossEntropy(), config)
        results.append(weights(model))
    assert same(results[0], results[2])
    assert not same(results[0], results[1])


def test_an_accelerator_of_the_readers_own_is_left_alone(build, batches):
    own = Accelerator(mixed_precision="bf16", gradient_accumulation_steps=3)
    try:
        device = own.device
        fit(build(), batches, CrossEntropy(), FitConfig(1, 0.01))
        assert own.mixed_precision == "bf16"
        assert own.device == device
        assert own.gradient_accumulation_steps == 3
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()


@pytest.mark.skipif(torch.cuda.is_available(), reason="the machine has the GPU that is asked for")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda"}, "device='cuda' is not to be had here"),
        ({"device": "cpu", "mixed_precision": "fp16"}, "'fp16' needs a GPU: take 'bf16' or 'no'"),
    ],
)
def test_a_device_that_is_not_there_is_refused(build, batches, settings, message):
    with pytest.raises(ValueError, match=message):
        fit(build(), batches, CrossEntropy(), FitConfig(1, 0.01, **settings))
    fit(build(), batches, CrossEntropy(), FitConfig(1, 0.01))


def test_batches_are_told_the_epoch(build, points):
    class Told(list):
        epochs: list[int]

        def set_epoch(self, epoch: int) -> None:
            self.epochs.append(epoch)

    told = Told([points])
    told.epochs = []
    fit(build(), told, CrossEntropy(), FitConfig(3, 0.01))
    assert list(dict.fromkeys(told.epochs)) == [0, 1, 2]


def test_our_own_batches_start_from_epoch_0_each_time(build, weights, same):
    from companion.data import ImageSet, batches

    images = ImageSet(torch.rand(20, 1, 2, 3), torch.arange(20) % 3, ("a", "b", "c"))
    loader = batches(images, batch_size=8, seed=0)
    results = []
    for _ in range(2):
        model = nn.Sequential(nn.Flatten(), build())
        fit(model, loader, CrossEntropy(), FitConfig(2, 0.01))
        results.append(weights(model))
    assert same(*results)


def test_frozen_parameters_stay(build, batches, weights):
    model = build()
    model[0].requires_grad_(False)
    before = weights(model)
    fit(model, batches, CrossEntropy(), FitConfig(1, 0.01))
    assert torch.equal(model[0].weight, before["0.weight"])
    assert not torch.equal(model[4].weight, before["4.weight"])


def test_nothing_is_printed_when_the_bar_is_silenced(build, batches, capfd, monkeypatch):
    fit(build(), batches, CrossEntropy(), FitConfig(1, 0.01, progress=False))
    assert capfd.readouterr() == ("", "")
    fit(build(), batches, CrossEntropy(), FitConfig(1, 0.01))
    assert capfd.readouterr() == ("", ""), "TQDM_DISABLE=1 is set for the tests"


class ConstantLength:
    """Batches that promise another number than they give."""

    def __init__(self, promised: int, given: int, batch: object) -> None:
        self.promised, self.given, self.batch = promised, given, batch

    def __len__(self) -> int:
        return self.promised

    def __iter__(self) -> Iterator[object]:
        return itertools.repeat(self.batch, self.given)


@pytest.mark.parametrize("given", [0, 2, 5])
def test_batches_that_break_their_promise_are_refused(build, points, given):
    words = rf"3 batches were promised for epoch 0 and {given} came"
    with pytest.raises(ValueError, match=words):
        fit(build(), ConstantLength(3, given, points), CrossEntropy(), FitConfig(1, 0.01))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([], "0 batches for 1 processes: give each at least one"),
        (iter([1]), "batches of type list_iterator have no length"),
        ([(torch.zeros(0, 6), torch.zeros(0).long())], r"batch 0 is empty, shape \(0, 6\)"),
        ([(torch.full((4, 6), math.nan), torch.zeros(4).long())], "24 values of 24 that are nan"),
        ([(torch.zeros(2, 6), torch.tensor([0, 3]))], "from 0 to 3, but the model has 3 classes"),
    ],
)
def test_bad_batches_are_refused_before_the_weights_move(build, bad, message, weights):
    model = build()
    before = weights(model)
    with pytest.raises(ValueError, match=message):
        fit(model, bad, CrossEntropy(), FitConfig(1, 0.01))
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())


@settings(max_examples=10)
@given(
    row=st.integers(0, 29), column=st.integers(0, 3), value=st.sampled_from([math.nan, math.inf])
)
def test_a_value_that_is_not_finite_is_found_in_any_batch(row: int, column: int, value: float):
    inputs = torch.zeros(30, 4)
    inputs[row, column] = value
    loader = DataLoader(TensorDataset(inputs, torch.zeros(30).long()), batch_size=12)
    words = rf"batch {row // 12} holds 1 values of {24 if row >= 24 else 48} that are nan or inf"
    with pytest.raises(ValueError, match=words):
        fit(nn.Linear(4, 2), loader, CrossEntropy(), FitConfig(1, 0.01))


@settings(max_examples=10)
@given(labels=st.lists(st.integers(-2, 4), min_size=1, max_size=5), classes=st.integers(1, 4))
def test_a_label_out_of_range_is_found_and_a_right_one_is_not(labels: list[int], classes: int):
    batch = torch.zeros(len(labels), 2), torch.tensor(labels)
    wrong = min(labels) < 0 or max(labels) >= classes
    expected = pytest.raises(ValueError, match=f"the model has {classes} classes")
    with expected if wrong else nullcontext():
        fit(nn.Linear(2, classes), [batch], CrossEntropy(), FitConfig(1, 0.01))


def no_gradient(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    return (model(batch[0]).argmax(-1) == batch[1]).float().mean()


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda model, batch: model(batch[0]), r"the loss returned \(90, 3\): .* one number"),
        (lambda *_: 0.5, "the loss returned float: .* one number"),
        (no_gradient, "no gradient flows from the loss"),
    ],
)
def test_a_loss_that_cannot_be_lowered_is_refused(build, points, loss, message):
    with pytest.raises(ValueError, match=message):
        fit(build(), [points], loss, FitConfig(1, 0.01))


def test_a_model_without_anything_to_train_is_refused(points):
    with pytest.raises(ValueError, match="no parameter that requires a gradient"):
        fit(nn.Identity(), [points], CrossEntropy(), FitConfig(1, 0.01))
