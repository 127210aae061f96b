"""What only a GPU can show; skipped where there is none."""

import math

import pytest
import torch
from torch import Tensor, nn

from companion.training import CrossEntropy, FitConfig, TrainingDiverged, evaluate, fit

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")


@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
def test_it_overfits_one_batch_and_the_model_stays_there(build, points, precision: str):
    model = build(dropout=0.0, width=64)
    config = FitConfig(200, 0.02, weight_decay=0.0, mixed_precision=precision)
    history = fit(model, [points], CrossEntropy(), config)
    assert history.steps[-1].loss < 0.05
    assert {p.device.type for p in model.parameters()} == {"cuda"}
    assert evaluate(model, [points]).accuracy == 1.0


@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
def test_a_bad_loss_does_not_reach_the_weights(build, points, precision: str):
    calls = 0

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        nonlocal calls
        calls += 1
        return CrossEntropy()(model, batch) * (math.nan if calls == 4 else 1.0)

    model = build()
    config = FitConfig(1, 0.01, mixed_precision=precision)
    with pytest.raises(TrainingDiverged, match="at step 3"):
        fit(model, [points] * 50, loss, config)
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_stopped_run_ends_in_the_same_bits(build, points, tmp_path):
    class Stop(Exception):
        pass

    def stop(step: object) -> None:
        if step.step == 5:
            raise Stop

    results = []
    for folder, after_step in ((None, None), (tmp_path, stop), (tmp_path, None)):
        model = build(dropout=0.3)
        config = FitConfig(3, 0.01, checkpoint_dir=folder)
        try:
            fit(model, [points] * 4, CrossEntropy(), config, after_step=after_step)
            results.append(model.state_dict())
        except Stop:
            torch.seed()
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


def test_runs_on_both_devices_in_one_process(build, points):
    model = build()
    fit(model, [points], CrossEntropy(), FitConfig(1, 0.01))
    fit(model, [points], CrossEntropy(), FitConfig(1, 0.01, device="cpu"))
    assert {p.device.type for p in model.parameters()} == {"cpu"}


@pytest.mark.parametrize("precision", ["no", "fp16"])
def test_before_step_sees_gradients_as_they_are(build, points, precision: str):
    """A gradient scaler has multiplied them by 65,536 until then."""
    norms = []

    def before_step(*_: object) -> None:
        norms.append(torch.stack([p.grad.norm() for p in model.parameters()]).norm().item())

    model = build(dropout=0.0)
    config = FitConfig(1, 0.01, mixed_precision=precision)
    fit(model, [points] * 3, CrossEntropy(), config, before_step=before_step)
    assert all(0.01 < norm < 10 for norm in norms)


def test_what_the_buffers_went_through_is_said(build, points):
    calls = 0

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        nonlocal calls
        calls += 1
        return CrossEntropy()(model, batch) * (math.nan if calls == 4 else 1.0)

    model = build()
    with pytest.raises(TrainingDiverged, match="may have moved in 29 forward passes") as caught:
        fit(model, [points] * 50, loss, FitConfig(1, 0.01))
    assert model[1].num_batches_tracked == 3 + caught.value.passes


def test_a_run_goes_on_where_there_is_another_number_of_gpus(build, points, tmp_path):
    class Stop(Exception):
        pass

    def stop(step: object) -> None:
        if step.step == 5:
            raise Stop

    config = FitConfig(3, 0.01, checkpoint_dir=tmp_path)
    with pytest.raises(Stop):
        fit(build(), [points] * 4, CrossEntropy(), config, after_step=stop)
    saved = torch.load(next(tmp_path.iterdir()), weights_only=True)
    assert saved["random"][0]["cuda"].shape == torch.cuda.get_rng_state().shape
    elsewhere = FitConfig(3, 0.01, checkpoint_dir=tmp_path, device="cpu")
    assert len(fit(build(), [points] * 4, CrossEntropy(), elsewhere).epochs) == 3
