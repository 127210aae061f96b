import math
import warnings

import pytest
import torch
from hypothesis import given, strategies as st
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from companion.training import FitConfig, constant_schedule, cosine_schedule
from companion.training.schedules import make_schedule


@pytest.mark.parametrize(("total", "warmup"), [(50, 10), (20, 1), (30, 0), (7, 6)])
def test_the_cosine_is_torchs(total: int, warmup: int):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    cosine = CosineAnnealingLR(optimizer, T_max=total - warmup)
    scheduler = cosine
    if warmup > 1:
        rising = LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        scheduler = SequentialLR(optimizer, [rising, cosine], milestones=[warmup])
    expected = []
    for _ in range(total if warmup != 1 else total - 1):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            # SequentialLR itself calls its parts in the way that torch warns of.
            warnings.simplefilter("ignore")
            scheduler.step()
    # A warm-up of one step is the peak itself, which LinearLR cannot say.
    expected = [1.0, *expected] if warmup == 1 else expected
    ours = [cosine_schedule(step, total=total, warmup=warmup) for step in range(total)]
    assert ours == pytest.approx(expected, abs=1e-12)


def test_values_worked_out_by_hand():
    assert [cosine_schedule(s, total=8, warmup=4) for s in (0, 1, 3, 4, 6)] == pytest.approx(
        [0.25, 0.5, 1.0, 1.0, 0.5]
    )
    assert cosine_schedule(7, total=8, warmup=4) == pytest.approx((1 - math.sqrt(0.5)) / 2)
    assert cosine_schedule(8, total=8, warmup=4) == 0.0
    assert [constant_schedule(s, total=8, warmup=2) for s in (0, 1, 2, 7)] == [0.5, 1.0, 1.0, 1.0]


@given(total=st.integers(1, 200), share=st.floats(0, 1))
def test_a_rate_rises_then_falls_and_no_step_is_wasted(total: int, share: float):
    config = FitConfig(1, 0.01, warmup_fraction=share)
    schedule = make_schedule(config)
    rates = [schedule(step, total=total) for step in range(total)]
    warmup = round(share * total)
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[:warmup] == sorted(rates[:warmup])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)


@pytest.mark.parametrize(("step", "warmup"), [(-1, 2), (0, 11), (0, -1)])
def test_impossible_steps_are_refused(step: int, warmup: int):
    for schedule in (cosine_schedule, constant_schedule):
        with pytest.raises(ValueError, match=rf"step={step}, warmup={warmup}, total=10"):
            schedule(step, total=10, warmup=warmup)
