"""What an experiment may put in place of what `fit` does itself: optimizer, schedule, a hook."""

import itertools
from collections.abc import Iterable
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from companion.training import CrossEntropy, FitConfig, Step, cosine_schedule, fit, make_optimizer


def sgd(model: nn.Module, config: FitConfig) -> torch.optim.SGD:
    """Two parts, the second ten times as fast."""
    groups = [
        {"params": model[0].parameters()},
        {"params": model[4].parameters(), "lr": 10 * config.learning_rate},
    ]
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)


def test_optimizer_schedule_and_hook_are_those_one_would_write_by_hand(
    build, points, weights, same
):
    loader = DataLoader(TensorDataset(*points), batch_size=16, shuffle=True)
    model, twin = build(), build()

    def clip_by_part(parameters: Iterable[nn.Parameter]) -> None:
        for parameter in parameters:
            nn.utils.clip_grad_norm_(parameter, 0.1)

    torch.manual_seed(1)
    history = fit(
        model,
        loader,
        CrossEntropy(),
        FitConfig(2, 0.01, clip_norm=None),
        optimizer=sgd,
        schedule=lambda step, *, total: 1 - step / total,
        before_step=lambda *_: clip_by_part(model.parameters()),
    )

    torch.manual_seed(1)
    by_hand = sgd(twin, FitConfig(2, 0.01))
    for number, (inputs, labels) in enumerate(itertools.chain(loader, loader)):
        by_hand.zero_grad()
        F.cross_entropy(twin(inputs), labels).backward()
        clip_by_part(twin.parameters())
        for group, rate in zip(by_hand.param_groups, (0.01, 0.1), strict=True):
            group["lr"] = rate * (1 - number / 12)
        by_hand.step()
    assert same(weights(model), weights(twin))
    # What the optimizer was not given stays.
    assert torch.equal(model[1].weight, torch.ones(16))
    assert [step.learning_rate for step in history.steps] == pytest.approx(
        [0.01 * (1 - n / 12) for n in range(12)]
    )


def test_a_schedule_of_the_package_can_be_given(build, points):
    schedule = partial(cosine_schedule, warmup=2)
    history = fit(build(), [points] * 5, CrossEntropy(), FitConfig(1, 0.5), schedule=schedule)
    rates = [0.5 * cosine_schedule(n, total=5, warmup=2) for n in range(5)]
    assert [step.learning_rate for step in history.steps] == rates


def test_before_step_freezes_for_a_while_and_moves_the_decay(build, batches, weights, same):
    """As in DINO: the last layer waits an epoch, and weight decay has a schedule of its own."""
    model, decays, last = build(), [], {}

    def before_step(step: Step, optimizer: torch.optim.Optimizer) -> None:
        assert all(p.grad is not None for p in model.parameters())
        for group in optimizer.param_groups:
            group["weight_decay"] = 0.1 * step.step
        if step.epoch == 0:
            for parameter in model[4].parameters():
                parameter.grad = None

    def after_step(step: Step) -> None:
        last[step.epoch] = weights(model[4])

    def make(model: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
        decays.append(make_optimizer(model, config))
        return decays[0]

    start, body = weights(model[4]), weights(model[0])
    config = FitConfig(2, 0.01)
    fit(
        model,
        batches,
        CrossEntropy(),
        config,
        optimizer=make,
        before_step=before_step,
        after_step=after_step,
    )
    assert same(last[0], start)
    assert not same(last[1], start)
    assert not same(weights(model[0]), body)
    assert decays[0].param_groups[0]["weight_decay"] == pytest.approx(0.1 * 11)


def test_clipping_comes_after_the_hook(build, points, weights):
    """So a hook cannot make a step longer than clip_norm allows."""
    model = build(dropout=0.0)
    before = weights(model)

    def enlarge(*_: object) -> None:
        for parameter in model.parameters():
            parameter.grad.mul_(1e6)

    fit(
        model,
        [points],
        CrossEntropy(),
        FitConfig(1, 1.0, clip_norm=0.25, warmup_fraction=0.0, schedule="constant"),
        optimizer=lambda model, config: torch.optim.SGD(model.parameters(), config.learning_rate),
        before_step=enlarge,
    )
    moved = [p.detach() - before[name] for name, p in model.named_parameters()]
    length = torch.stack([change.norm() for change in moved]).norm()
    assert length.item() == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize(
    "wrong", [torch.optim.SGD([torch.zeros(1)]), lambda *_: None, "adamw"], ids=str
)
def test_an_optimizer_is_given_as_a_function_that_makes_it(build, points, wrong):
    with pytest.raises(ValueError, match=r"optimizer=\w+: give a function of the model and the"):
        fit(build(), [points], CrossEntropy(), FitConfig(1, 0.01), optimizer=wrong)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_run_with_an_optimizer_of_its_own_is_taken_up_again(batches, momentum, same, broken_off):
    def make(model: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
        return torch.optim.SGD(model.parameters(), config.learning_rate, momentum=momentum)

    whole, stopped, resumed = broken_off(lambda: batches, stop=8, optimizer=make)
    assert same(whole, resumed)
    assert not same(whole, stopped)
