import math

import pytest
import torch
from torch import nn

from companion.training import CrossEntropy, FitConfig, TrainingDiverged, divergence, fit, update
from companion.training.divergence import DivergenceGuard
from companion.training.history import Step


def look_every(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look so seldom, as on a GPU."""
    monkeypatch.setattr(divergence, "STEPS_BETWEEN_LOOKS", steps)
    monkeypatch.setattr(
        update,
        "DivergenceGuard",
        lambda optimizer, **given: DivergenceGuard(optimizer, **{**given, "ahead": True}),
    )


@pytest.mark.parametrize("how", ["nan", "inf", "gradient"])
@pytest.mark.parametrize("every", [1, 4, 32])
def test_it_stops_with_the_weights_from_before_the_step(
    build, batches, monkeypatch, tmp_path, how, every, poisoned, stop_at
):
    """`every` > 1 is the way of a GPU, run on the CPU: torch's fused kernels behave the same."""
    look_every(every, monkeypatch)
    config = FitConfig(3, 0.01, checkpoint_dir=tmp_path)
    before = build()

    torch.manual_seed(5)
    with pytest.raises(KeyboardInterrupt):
        fit(before, batches, CrossEntropy(), FitConfig(3, 0.01), after_step=stop_at(8))

    model = build()
    torch.manual_seed(5)
    with pytest.raises(TrainingDiverged, match=r"at step 9 \(epoch 1\).*Lower the learning rate"):
        fit(model, batches, poisoned(at=9, how=how), config)
    assert all(map(torch.equal, model.parameters(), before.parameters()))
    assert [path.name[:12] for path in tmp_path.iterdir()] == ["epoch-000001"]


def test_the_error_carries_the_step(build, batches, poisoned):
    with pytest.raises(TrainingDiverged) as caught:
        fit(build(), batches, poisoned(at=0, how="nan"), FitConfig(1, 0.01))
    assert (caught.value.step.step, caught.value.step.epoch) == (0, 0)
    assert math.isnan(caught.value.step.loss)
    assert isinstance(caught.value, ValueError)


def test_looking_later_changes_nothing_in_a_run_that_goes_well(build, batches, monkeypatch):
    results = []
    for every in (1, 5):
        look_every(every, monkeypatch)
        model = build()
        torch.manual_seed(0)
        history = fit(model, batches, CrossEntropy(), FitConfig(2, 0.01))
        results.append((model.state_dict(), history.steps))
    assert results[0][1] == results[1][1]
    assert all(torch.equal(results[0][0][name], results[1][0][name]) for name in results[0][0])


@pytest.mark.parametrize(("every", "passes"), [(1, 1), (4, 2), (32, 4)])
def test_it_says_what_the_buffers_have_gone_through(
    build, batches, monkeypatch, every, passes, poisoned
):
    """BatchNorm's statistics move in the forward pass, before anybody can look at a loss."""
    look_every(every, monkeypatch)
    whole = build()
    torch.manual_seed(5)
    words = (
        r"buffers \(1.running_mean and 2 more\) may have moved in (\d) forward passes since then"
    )
    with pytest.raises(TrainingDiverged, match=words) as caught:
        fit(whole, batches, poisoned(at=8, how="nan"), FitConfig(3, 0.01))
    assert caught.value.passes == passes
    # The 8 good steps, and the passes that the message speaks of.
    assert whole[1].num_batches_tracked == 8 + passes


def test_without_buffers_nothing_is_said_of_them(points, poisoned):
    words = r"The weights are those from before this step\. Since then no checkpoint"
    with pytest.raises(TrainingDiverged, match=words):
        fit(nn.Linear(6, 3), [points], poisoned(at=0, how="nan"), FitConfig(1, 0.01))


def test_an_optimizer_that_cannot_skip_a_step_is_watched_at_each(
    build, batches, monkeypatch, poisoned
):
    look_every(32, monkeypatch)
    model = build()
    with pytest.raises(TrainingDiverged, match="at step 2 ") as caught:
        fit(
            model,
            batches,
            poisoned(at=2, how="nan"),
            FitConfig(1, 0.01),
            optimizer=lambda model, _: torch.optim.Adagrad(model.parameters(), lr=0.01),
        )
    assert caught.value.passes == 1
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_overflow_under_a_gradient_scaler_is_not_divergence():
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
    guard = DivergenceGuard(optimizer, buffers=[], ahead=False, gradients=False)
    guard.see(Step(0, 0, 1.0, 0.1), torch.tensor(math.inf))
    with pytest.raises(TrainingDiverged):
        guard.see(Step(1, 0, math.nan, 0.1), torch.tensor(1.0))
