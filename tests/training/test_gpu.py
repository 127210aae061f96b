"""What only a GPU can show; skipped where there is none."""

import pytest
import torch

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
def test_a_bad_loss_does_not_reach_the_weights(build, points, poisoned, precision: str):
    model = build()
    config = FitConfig(1, 0.01, mixed_precision=precision)
    with pytest.raises(TrainingDiverged, match="at step 3"):
        fit(model, [points] * 50, poisoned(at=3, how="nan"), config)
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_stopped_run_ends_in_the_same_bits(points, broken_off, same):
    whole, stopped, resumed = broken_off(lambda: [points] * 4, stop=5)
    assert same(whole, resumed)
    assert not same(whole, stopped)


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


def test_what_the_buffers_went_through_is_said(build, points, poisoned):
    model, loss = build(), poisoned(at=3, how="nan")
    with pytest.raises(TrainingDiverged, match="may have moved in 29 forward passes") as caught:
        fit(model, [points] * 50, loss, FitConfig(1, 0.01))
    assert model[1].num_batches_tracked == 3 + caught.value.passes


def test_a_run_goes_on_where_there_is_another_number_of_gpus(build, points, stop_at, tmp_path):
    config = FitConfig(3, 0.01, checkpoint_dir=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(build(), [points] * 4, CrossEntropy(), config, after_step=stop_at(5))
    saved = torch.load(next(tmp_path.iterdir()), weights_only=True)
    assert saved["random"][0]["cuda"].shape == torch.cuda.get_rng_state().shape
    elsewhere = FitConfig(3, 0.01, checkpoint_dir=tmp_path, device="cpu")
    assert len(fit(build(), [points] * 4, CrossEntropy(), elsewhere).epochs) == 3
