"""TensorFlow and Keras, loaded so that nothing breaks later. Call this before anything else does.

What goes wrong when they are loaded by hand:

- triton (which torch's compiler loads, and transformers with it) crashes the process when it comes
  after TensorFlow. So it is loaded first, where there is one;
- TensorFlow's compiled part writes log lines that no setting keeps back;
- `tf.keras` is Keras 3 unless `TF_USE_LEGACY_KERAS` is 1 before TensorFlow is loaded, and the TF
  classes of transformers take the optimizers of Keras 2 (the package tf-keras) alone;
- TensorFlow takes every core, and all of a GPU's memory, unless told otherwise before its first
  computation. Here it takes as many threads as torch, which a `Lesson` has set;
- transformers 4 loads TensorFlow wherever it is installed, unless `USE_TF` is 0 before.

What comes too late is an error that says to restart the kernel: none of it can be put right.
"""

import importlib
import os
import sys
from importlib.util import find_spec
from types import ModuleType

from companion.frameworks.quiet import quiet_stderr

INSTALL = 'pip install "tf-keras>=2.18"'  # brings TensorFlow of its own minor version, and Keras 3
RESTART = "restart the kernel, and call import_tensorflow() before anything loads TensorFlow"


def import_tensorflow(*, threads: int | None = None) -> ModuleType:
    """TensorFlow, loaded in the one order that works, without its log lines.

    `tf.keras` is Keras 2 then, which the TF classes of transformers need; `import_keras` gives
    Keras 3 beside it. Further calls cost nothing.

    Args:
        threads: how many TensorFlow may use; torch's number where it is not given.

    Raises:
        ImportError: TensorFlow or tf-keras is not installed.
        RuntimeError: TensorFlow was loaded before, in a way that cannot be put right, or has
            computed with another number of threads.
    """
    _require_installed("tensorflow", "tf_keras")
    if "tensorflow" not in sys.modules:
        _load_tensorflow()
    import tensorflow as tf

    if "triton" not in sys.modules and find_spec("triton"):
        raise RuntimeError(
            "TensorFlow was loaded before triton, and the first PyTorch model that loads triton "
            f"would crash this process: {RESTART}"
        )
    if not tf.keras.Model.__module__.startswith("tf_keras"):
        raise RuntimeError(
            f"tf.keras is Keras 3 here, whose optimizers TF classes do not take: {RESTART}"
        )
    _set_threads(tf, threads)
    return tf


def import_keras() -> ModuleType:
    """Keras 3, on TensorFlow unless `KERAS_BACKEND` says otherwise.

    It is another package than `tf.keras`, which is Keras 2 here. Both may be used side by side, but
    not a layer or optimizer of one in a model of the other.

    Raises:
        ImportError: Keras is not installed or is Keras 2, or its backend is not installed.
        RuntimeError: as `import_tensorflow`.
    """
    _require_installed("keras")
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") == "tensorflow":
        import_tensorflow()
    import keras

    if int(keras.__version__.partition(".")[0]) < 3:
        raise ImportError(f"Keras {keras.__version__} is too old: pip install 'keras>=3'")
    return keras


def without_tensorflow() -> None:
    """Keep transformers from loading TensorFlow, for a chapter that needs PyTorch alone.

    transformers 4 loads it wherever it is installed: many seconds, and a crash where triton comes
    after. Call it before transformers is imported.

    Raises:
        RuntimeError: transformers was imported before, and may load TensorFlow at any time.
    """
    already = sys.modules.get("transformers")
    if already is not None and getattr(already, "is_tf_available", bool)():
        if "tensorflow" in sys.modules and ("triton" in sys.modules or not find_spec("triton")):
            return  # loaded in the right order: no harm is left to be done
        raise RuntimeError(
            "transformers was imported before and may load TensorFlow at any time: restart the "
            "kernel, and call without_tensorflow() before importing transformers"
        )
    os.environ["USE_TF"] = "0"


def _load_tensorflow() -> None:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if find_spec("triton"):  # first of all, or the process crashes: the order is the point
        importlib.import_module("triton")
    with quiet_stderr():
        # Devices are looked for here, since a machine without a GPU is told so then.
        importlib.import_module("tensorflow").config.list_physical_devices()


def _require_installed(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"{' and '.join(missing)} not installed: {INSTALL}; or stay with PyTorch, where "
            "companion.models.TextEncoder computes the same"
        )


def _set_threads(tf: ModuleType, threads: int | None) -> None:
    import torch

    wanted = torch.get_num_threads() if threads is None else threads
    settings = tf.config.threading
    for kind in ("intra", "inter"):
        if getattr(settings, f"get_{kind}_op_parallelism_threads")() == wanted:
            continue
        try:
            getattr(settings, f"set_{kind}_op_parallelism_threads")(wanted)
        except RuntimeError:
            raise RuntimeError(
                f"threads={wanted}: TensorFlow has already computed with another number, and keeps "
                f"it: {RESTART}, with this number of threads"
            ) from None
