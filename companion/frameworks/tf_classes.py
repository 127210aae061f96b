"""The TensorFlow classes of transformers: which versions have them, and what works in each.

TF classes, such as `TFAutoModelForSequenceClassification`, ended with transformers 4.57. Tried,
with TensorFlow 2.20 and 2.21: up to 4.52 everything works; from 4.53 on the TensorFlow pipeline
fails, from 4.55 on so does loading a folder of safetensors; transformers 5 has none of them, its
tokenizers return no TensorFlow tensors, and `pipeline(framework="tf")` loads PyTorch in silence.
"""

import importlib
import os
import sys
import warnings
from importlib import metadata
from types import ModuleType

from companion.frameworks.tensorflow import import_tensorflow

LAST = "4.52.4"  # the last with which everything works
INSTALL = f'pip install "transformers=={LAST}"'
INSTEAD = (
    'tokenize with return_tensors="np", which TensorFlow takes as it is, and take '
    "companion.models.keras_encoder, the same encoder in Keras 3"
)


def import_tf_transformers() -> ModuleType:
    """transformers with its TensorFlow classes, after TensorFlow was loaded as it must be.

    Warns where the version has the classes and not everything works; see `tf_advice`.

    Raises:
        ImportError: transformers, TensorFlow or tf-keras is not installed, or this transformers has
            no TF classes; it says what to install, and what to use instead.
        RuntimeError: another transformers is loaded than is installed, or it was loaded without
            TensorFlow: a restart of the kernel is needed.
    """
    version = _installed()
    advice = tf_advice(version)
    if not _has_classes(version):
        raise ImportError(advice)
    if advice:
        warnings.warn(advice, stacklevel=2)
    import_tensorflow()
    if "transformers" not in sys.modules:
        os.environ["USE_TF"] = os.environ["USE_TORCH"] = "AUTO"  # 1 would turn the other one off
    transformers = importlib.import_module("transformers")
    if not transformers.is_tf_available():
        raise RuntimeError(
            "transformers was loaded without TensorFlow (USE_TF=0, or before it was installed): "
            "restart the kernel, and call import_tf_transformers() before importing transformers"
        )
    return transformers


def tf_advice(version: str) -> str:
    """What does not work with TensorFlow in this version of transformers, and what to do instead.

    Empty where everything works.
    """
    major, minor = _numbers(version)
    if not _has_classes(version):
        return (
            f"transformers {version} has no TensorFlow classes, 4.57 was the last to have them: "
            f"{INSTALL} and restart the kernel; or {INSTEAD}"
        )
    if (major, minor) >= (4, 55):
        return (
            f"in transformers {version}, TF classes load no safetensors without from_pt=True, and "
            f"the TensorFlow pipeline fails: {INSTALL} and restart the kernel"
        )
    if (major, minor) >= (4, 53):
        return (
            f"in transformers {version}, the TensorFlow pipeline fails: call tokenizer and model "
            f"by hand, or {INSTALL} and restart the kernel"
        )
    return ""


def _has_classes(version: str) -> bool:
    return _numbers(version) < (5, 0)


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _installed() -> str:
    try:
        installed = metadata.version("transformers")
    except metadata.PackageNotFoundError:
        raise ImportError(f"transformers is not installed: {INSTALL}") from None
    loaded = getattr(sys.modules.get("transformers"), "__version__", installed)
    if loaded != installed:
        raise RuntimeError(
            f"transformers {loaded} is loaded and {installed} installed: restart the kernel, and "
            "install before anything is imported"
        )
    return installed
