"""TensorFlow as a chapter loads it. Run in a process of its own, by test_apart.py."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion.frameworks import import_keras, import_tensorflow, import_tf_transformers
from companion.models import keras_encoder
from companion.pretrained import load_text_classifier

GIVEN = {
    "input_ids": np.random.default_rng(0).integers(1, 40, (4, 9)),
    "attention_mask": np.array([[1] * 9, [1] * 5 + [0] * 4, [1] * 2 + [0] * 7, [1] * 9]),
    "token_type_ids": np.array([[0] * 4 + [1] * 5] * 4),
}
LABELS = np.array([0, 1, 2, 1])


@pytest.fixture(scope="module")
def written() -> Iterator[str]:
    """What the first loading wrote to file descriptor 2."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            tf = import_tensorflow()
            tf.constant(1.0) + 1
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        held.seek(0)
        yield held.read().decode()


@pytest.fixture(scope="module")
def transformers(written: str) -> ModuleType:
    return import_tf_transformers()


@pytest.fixture(scope="module", params=["Bert", "DistilBert"])
def folder(
    request: pytest.FixtureRequest, transformers: Any, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A small sequence classifier, saved. It has no dropout, so that a few steps surely help."""
    torch.manual_seed(0)
    shared = {"vocab_size": 40, "num_labels": 3}
    if request.param == "Bert":
        sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}
        still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        config = transformers.BertConfig(**shared, **sizes, **still, intermediate_size=40)
    else:
        sizes = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 40}
        still = {"dropout": 0.0, "attention_dropout": 0.0, "seq_classif_dropout": 0.0}
        config = transformers.DistilBertConfig(**shared, **sizes, **still)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    place = tmp_path_factory.mktemp(request.param)
    model.save_pretrained(place)
    return place


def given_to(folder: Path) -> dict[str, np.ndarray]:
    names = list(GIVEN)[: 2 if folder.name.startswith("Distil") else 3]
    return {name: GIVEN[name] for name in names}


def test_it_is_loaded_without_a_word_and_after_triton(written: str) -> None:
    assert written == ""
    order = list(sys.modules)
    if "triton" in order:
        assert order.index("triton") < order.index("tensorflow")


def test_it_takes_as_many_threads_as_torch(written: str) -> None:
    threading = import_tensorflow().config.threading
    assert torch.get_num_threads() == 1
    assert threading.get_intra_op_parallelism_threads() == 1
    assert threading.get_inter_op_parallelism_threads() == 1
    with pytest.raises(RuntimeError, match=r"threads=2: TensorFlow has already computed"):
        import_tensorflow(threads=2)


def test_both_keras_are_there_side_by_side(written: str) -> None:
    tf, keras = import_tensorflow(), import_keras()
    assert keras.__version__.startswith("3.")
    assert keras.backend.backend() == "tensorflow"
    assert tf.keras.Model.__module__.startswith("tf_keras")
    assert tf.keras.optimizers.Adam is not keras.optimizers.Adam


def test_the_same_weights_give_the_same_logits_four_ways(transformers: Any, folder: Path) -> None:
    given = given_to(folder)
    tensors = {name: torch.as_tensor(array) for name, array in given.items()}
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    ours = load_text_classifier(folder)
    with torch.inference_mode():
        expected = theirs(**tensors).logits.numpy()
        logits = {"ours": ours(**tensors).numpy()}
    tensorflow = transformers.TFAutoModelForSequenceClassification.from_pretrained(folder)
    output = tensorflow(given)
    assert type(output).__name__ == "TFSequenceClassifierOutput"
    logits |= {"TF class": output.logits.numpy(), "Keras 3": keras_encoder(ours)(given).numpy()}
    assert expected.std() > 0.1
    for values in logits.values():
        assert_allclose(values, expected, atol=1e-5)


def test_a_tf_class_is_fitted_with_an_optimizer_object(transformers: Any, folder: Path) -> None:
    tf = import_tensorflow()
    model = transformers.TFAutoModelForSequenceClassification.from_pretrained(folder)
    optimizer = tf.keras.optimizers.Adam(1e-3)
    model.compile(optimizer=optimizer, run_eagerly=True)  # a graph takes seconds to be made
    losses = model.fit(given_to(folder), LABELS, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
