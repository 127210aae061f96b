"""The text encoder in Keras 3, on TensorFlow. Run in a process of its own, by test_apart.py."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from companion.frameworks import import_keras
from companion.models import (
    TextClassifier,
    TextEncoder,
    TextSizes,
    keras_encoder,
    weights_from_keras,
)
from companion.pretrained import load_text_encoder

SIZES = TextSizes(vocabulary=40, dim=24, depth=2, heads=3, hidden_dim=40, max_length=12, segments=2)
IDS = np.random.default_rng(0).integers(1, 40, (6, 9))
LENGTHS = np.array([9, 5, 2, 9, 7, 1])
GIVEN = {
    "input_ids": IDS,
    "attention_mask": (np.arange(9) < LENGTHS[:, None]).astype(int),
    "token_type_ids": np.array([[0] * 4 + [1] * 5] * 6),
}
LABELS = np.array([0, 1, 2, 1, 0, 2])


def build(kind: str, *, dropout: float = 0.2, **changes: Any) -> Any:
    torch.manual_seed(0)
    encoder = TextEncoder(dataclasses.replace(SIZES, **changes), dropout=dropout)
    model = (
        encoder if kind == "encoder" else TextClassifier(encoder, num_classes=3, activation=kind)
    )
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.eval()


def numbers(model: nn.Module, given: dict[str, np.ndarray]) -> np.ndarray:
    with torch.inference_mode():
        return model(**{name: torch.as_tensor(array) for name, array in given.items()}).numpy()


@pytest.mark.parametrize("segments", [2, 0])
@pytest.mark.parametrize("kind", ["encoder", "tanh", "relu"])
def test_it_computes_what_ours_does(kind: str, segments: int) -> None:
    model = build(kind, segments=segments)
    given = dict(list(GIVEN.items())[: 3 if segments else 2])
    twin = keras_encoder(model)
    expected = numbers(model, given)
    assert expected.std() > 0.1
    assert_allclose(twin(given).numpy(), expected, atol=1e-5)
    short = {name: array[1:2, :5] for name, array in given.items()}
    padded = {name: array[1:2] for name, array in given.items()}
    assert_allclose(twin(short).numpy(), twin(padded).numpy()[:, :5], atol=1e-5)
    assert sum(np.prod(v.shape) for v in twin.weights if "seed" not in v.path) == sum(
        parameter.numel() for parameter in model.parameters()
    )


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras
def test_fit_trains_it_and_the_weights_come_back(tmp_path: Path) -> None:
    model, keras = build("tanh", dropout=0.0), import_keras()
    twin = keras_encoder(model)
    before = numbers(model, GIVEN)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    twin.compile(optimizer=keras.optimizers.Adam(3e-3), loss=loss, metrics=["accuracy"])
    history = twin.fit(GIVEN, LABELS, epochs=60, verbose=0).history
    assert history["loss"][-1] < 0.2 < history["loss"][0]
    logits = twin.predict(GIVEN, verbose=0)
    assert (logits.argmax(-1) == LABELS).all()
    weights_from_keras(twin, model)
    assert_allclose(numbers(model, GIVEN), logits, atol=1e-4)
    assert np.abs(logits - before).max() > 0.5
    twin.save(tmp_path / "twin.keras")
    again = keras.saving.load_model(tmp_path / "twin.keras")
    assert_allclose(again(GIVEN).numpy(), logits, atol=1e-5)


def test_dropout_is_on_in_training_alone() -> None:
    twin = keras_encoder(build("encoder"))
    still = twin(GIVEN).numpy()
    assert_allclose(twin(GIVEN).numpy(), still)
    assert np.abs(twin(GIVEN, training=True).numpy() - still).max() > 0.1


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Linear: give a TextEncoder or a TextClassifier"):
        keras_encoder(nn.Linear(2, 2))
    twin = keras_encoder(build("encoder"))
    with pytest.raises(ValueError, match=r"has shape \(40, 24\): this model has another size"):
        weights_from_keras(twin, build("encoder", vocabulary=50))
    deeper = build("encoder", depth=3)
    before = numbers(deeper, GIVEN)
    with pytest.raises(ValueError, match="No such layer: mix_2"):
        weights_from_keras(twin, deeper)
    assert (numbers(deeper, GIVEN) == before).all()
    with pytest.raises(ValueError, match="TextClassifier and a Keras model without one"):
        weights_from_keras(twin, build("tanh"))


def test_a_published_encoder_gives_the_same_vectors(data_dir: Path) -> None:
    folder = data_dir / "all-MiniLM-L6-v2"
    if not folder.is_dir():
        pytest.skip("all-MiniLM-L6-v2 is not at hand")
    model = load_text_encoder(folder)
    ids = np.random.default_rng(0).integers(1000, 30_000, (3, 12))
    mask = (np.arange(12) < np.array([[12], [7], [3]])).astype(int)
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    found = keras_encoder(model)(given).numpy()
    assert_allclose(found[mask == 1], numbers(model, given)[mask == 1], atol=1e-4)
