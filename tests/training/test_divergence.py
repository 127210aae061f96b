import math

import pytest
import torch
from torch import Tensor, nn

from companion.training import CrossEntropy, FitConfig, TrainingDiverged, fit
from companion.training import update as update_module
from companion.training.divergence import DivergenceGuard
from companion.training.history import Step


class Poisoned:
    """Cross-entropy that turns bad at one call: its value, or its gradient alone."""

    def __init__(self, *, at: int, how: str) -> None:
        self.at, self.how, self.calls = at, how, 0

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        loss = CrossEntropy()(model, batch)
        self.calls += 1
        if self.calls != self.at + 1:
            return loss
        if self.how == "gradient":
            # The square root's slope at 0 is infinite while its value is not.
            return loss + next(model.parameters()).sub(next(model.parameters())).sqrt().sum()
        return loss * {"nan": math.nan, "inf": math.inf}[self.how]


@pytest.mark.parametrize("how", ["nan", "inf", "gradient"])
@pytest.mark.parametrize("every", [1, 4, 32])
def test_it_stops_with_the_weights_from_before_the_step(
    build, batches, monkeypatch, tmp_path, how, every
):
    """`every` > 1 is the way of a GPU, run on the CPU: torch's fused kernels behave the same."""
    plain = DivergenceGuard
    monkeypatch.setattr(
        update_module,
        "DivergenceGuard",
        lambda optimizer, **settings: plain(optimizer, **{**settings, "every": every}),
    )
    config = FitConfig(3, 0.01, checkpoint_dir=tmp_path)
    model, before = build(), {}

    class Stop(Exception):
        pass

    def stop(step: Step) -> None:
        if step.step == 8:
            before.update({name: p.detach().clone() for name, p in model.named_parameters()})
            raise Stop

    torch.manual_seed(5)
    with pytest.raises(Stop):
        fit(model, batches, CrossEntropy(), FitConfig(3, 0.01), after_step=stop)

    model = build()
    torch.manual_seed(5)
    with pytest.raises(TrainingDiverged, match=r"at step 9 \(epoch 1\).*Lower the learning rate"):
        fit(model, batches, Poisoned(at=9, how=how), config)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name]), name
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]


def test_the_error_carries_the_step(build, batches):
    with pytest.raises(TrainingDiverged) as caught:
        fit(build(), batches, Poisoned(at=0, how="nan"), FitConfig(1, 0.01))
    assert (caught.value.step.step, caught.value.step.epoch) == (0, 0)
    assert math.isnan(caught.value.step.loss)
    assert isinstance(caught.value, ValueError)


def test_looking_later_changes_nothing_in_a_run_that_goes_well(build, batches, monkeypatch):
    results = []
    for every in (1, 5):
        monkeypatch.setattr(
            update_module,
            "DivergenceGuard",
            lambda optimizer, every=every, **settings: DivergenceGuard(
                optimizer, every=every, gradients=settings["gradients"]
            ),
        )
        model = build()
        torch.manual_seed(0)
        history = fit(model, batches, CrossEntropy(), FitConfig(2, 0.01))
        results.append((model.state_dict(), history.steps))
    assert results[0][1] == results[1][1]
    assert all(torch.equal(results[0][0][name], results[1][0][name]) for name in results[0][0])


def test_overflow_under_a_gradient_scaler_is_not_divergence():
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
    watch = DivergenceGuard(optimizer, every=1, gradients=False)
    watch.see(Step(0, 0, 1.0, 0.1), torch.tensor(1.0), torch.tensor(math.inf))
    with pytest.raises(TrainingDiverged):
        watch.see(Step(1, 0, math.nan, 0.1), torch.tensor(math.nan), torch.tensor(1.0))
