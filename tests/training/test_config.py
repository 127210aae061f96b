import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from companion.training import FitConfig

NOT_POSITIVE = st.one_of(
    st.floats(max_value=0.0), st.sampled_from([math.nan, math.inf, "1e-3", None, True])
)


def test_the_defaults_are_those_of_a_small_vision_transformer():
    config = FitConfig(10, 1e-3)
    assert (config.optimizer, config.schedule, config.clip_norm) == ("adamw", "cosine", 1.0)
    assert (config.weight_decay, config.warmup_fraction, config.betas) == (0.05, 0.1, (0.9, 0.999))


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FitConfig(10, 1e-3).epochs = 3  # type: ignore[misc]


def test_settings_after_the_first_two_are_named():
    with pytest.raises(TypeError):
        FitConfig(10, 1e-3, 0.05)  # type: ignore[misc]


def test_a_folder_given_as_text_becomes_a_path():
    assert FitConfig(1, 1e-3, checkpoint_dir="runs").checkpoint_dir == Path("runs")


@given(epochs=st.one_of(st.integers(max_value=0), st.floats(), st.sampled_from([True, "3", None])))
def test_epochs_must_be_a_count(epochs: object):
    with pytest.raises(ValueError, match=r"^epochs=.*whole number of at least 1"):
        FitConfig(epochs, 1e-3)
    with pytest.raises(ValueError, match=r"^checkpoint_every=.*whole number"):
        FitConfig(1, 1e-3, checkpoint_every=epochs)


@given(rate=NOT_POSITIVE)
def test_learning_rates_must_be_positive(rate: object):
    with pytest.raises(ValueError, match=r"^learning_rate=.*finite number above 0"):
        FitConfig(1, rate)


@given(fraction=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1.0 + 1e-9)))
def test_the_warm_up_is_a_share(fraction: float):
    with pytest.raises(ValueError, match=r"^warmup_fraction=.*at least 0 and at most 1"):
        FitConfig(1, 1e-3, warmup_fraction=fraction)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"weight_decay": -0.1}, r"weight_decay=-0.1: give a finite number at least 0"),
        ({"clip_norm": 0.0}, r"clip_norm=0.0: give a finite number above 0"),
        ({"schedule": "linear"}, r"schedule='linear' is unknown: give one of cosine, constant"),
        ({"optimizer": "sgd"}, r"optimizer='sgd' is unknown: give one of adamw, adam"),
        ({"mixed_precision": "fp8"}, r"mixed_precision='fp8' is unknown"),
        ({"device": "tpu"}, r"device='tpu' is unknown: give one of cpu, cuda, mps"),
        ({"betas": (0.9, 1.0)}, r"betas=1.0: give a finite number at least 0 and below 1"),
        ({"betas": 0.9}, r"betas=0.9: give two numbers"),
        ({"optimizer": "adam"}, r"weight_decay=0.05 with optimizer='adam'.*give weight_decay=0.0"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_remedy(setting: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        FitConfig(1, 1e-3, **setting)


def test_numbers_of_numpy_become_those_of_python():
    config = FitConfig(
        np.int64(3),
        np.float32(0.5),
        weight_decay=np.float64(0.25),
        warmup_fraction=np.float16(0.5),
        clip_norm=np.float32(2.0),
        betas=(np.float64(0.5), np.float32(0.75)),
        checkpoint_every=np.int32(2),
    )
    expected = FitConfig(
        3,
        0.5,
        weight_decay=0.25,
        warmup_fraction=0.5,
        clip_norm=2.0,
        betas=(0.5, 0.75),
        checkpoint_every=2,
    )
    assert repr(config) == repr(expected)
    stored = io.BytesIO()
    torch.save(dataclasses.asdict(config), stored)
    stored.seek(0)
    assert torch.load(stored, weights_only=True) == dataclasses.asdict(expected)
