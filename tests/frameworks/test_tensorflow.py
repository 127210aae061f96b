"""What is said where TensorFlow is missing or came too early. With it: apart_tensorflow.py."""

import os
import subprocess
import sys
from importlib import metadata
from types import ModuleType, SimpleNamespace

import pytest
import torch

import companion.frameworks.tensorflow as loading
from companion.frameworks import import_keras, import_tensorflow, without_tensorflow


class Threading:
    """TensorFlow's settings of threads, as they are once it has computed."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def get_intra_op_parallelism_threads(self) -> int:
        return self.threads

    get_inter_op_parallelism_threads = get_intra_op_parallelism_threads

    def set_intra_op_parallelism_threads(self, _: int) -> None:
        raise RuntimeError("Intra op parallelism cannot be modified after initialization.")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stand-in for a TensorFlow that was loaded before, after triton, with Keras 2."""
    stand_in = ModuleType("tensorflow")
    keras = SimpleNamespace(Model=type("Model", (), {"__module__": "tf_keras.src.models"}))
    config = SimpleNamespace(threading=Threading(torch.get_num_threads()))
    vars(stand_in).update(keras=keras, config=config)
    monkeypatch.setitem(sys.modules, "tensorflow", stand_in)
    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    monkeypatch.setattr(loading, "find_spec", lambda name: name)
    return stand_in


def test_what_is_not_installed_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: None if "t" in name else name)
    said = r'tensorflow and tf_keras not installed: pip install "tf-keras>=2\.18"; or .*TextEncoder'
    with pytest.raises(ImportError, match=said):
        import_tensorflow()
    monkeypatch.setattr(loading, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match="keras not installed"):
        import_keras()


def test_one_that_is_loaded_well_is_taken(loaded: ModuleType) -> None:
    assert import_tensorflow() is loaded
    assert import_tensorflow(threads=torch.get_num_threads()) is loaded


def test_one_that_was_loaded_before_triton_is_refused(
    loaded: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "triton")
    with pytest.raises(RuntimeError, match="would crash this process: restart the kernel"):
        import_tensorflow()
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == "triton" else name)
    assert import_tensorflow() is loaded  # Windows and macOS have no triton


def test_one_with_keras_3_inside_is_refused(loaded: ModuleType) -> None:
    loaded.keras.Model.__module__ = "keras.src.models.model"
    with pytest.raises(RuntimeError, match=r"Keras 3 here, .*: restart the kernel"):
        import_tensorflow()


def test_threads_that_cannot_be_set_any_more_are_an_error(loaded: ModuleType) -> None:
    with pytest.raises(RuntimeError, match=r"threads=7: TensorFlow has already computed .*restart"):
        import_tensorflow(threads=7)


def test_an_old_keras_is_refused(loaded: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("keras")
    vars(old)["__version__"] = "2.15.0"
    monkeypatch.setitem(sys.modules, "keras", old)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(ImportError, match=r"Keras 2\.15\.0 is too old"):
        import_keras()


def test_without_it_transformers_is_told_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "transformers", raising=False)
    monkeypatch.setenv("USE_TF", "AUTO")
    without_tensorflow()
    assert os.environ["USE_TF"] == "0"
    early = ModuleType("transformers")
    vars(early)["is_tf_available"] = lambda: True
    monkeypatch.setitem(sys.modules, "transformers", early)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(RuntimeError, match=r"transformers was imported before .*restart"):
        without_tensorflow()
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    without_tensorflow()  # loaded in the right order: no harm is left to be done
    vars(early)["is_tf_available"] = lambda: False
    monkeypatch.delitem(sys.modules, "tensorflow")
    without_tensorflow()


def test_a_pytorch_chapter_loads_no_tensorflow() -> None:
    if int(metadata.version("transformers").partition(".")[0]) > 4:
        pytest.skip("transformers 5 never loads TensorFlow")
    code = (
        "import sys; from companion.frameworks import without_tensorflow; without_tensorflow()\n"
        "from transformers import BertConfig, BertModel\n"
        "print('tensorflow' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
