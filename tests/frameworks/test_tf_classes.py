"""What is said of versions of transformers without TF classes, or with broken ones."""

import sys
from importlib import metadata
from types import ModuleType
from typing import Any

import pytest

import companion.frameworks.tf_classes as tf_classes
from companion.frameworks import import_tf_transformers, tf_advice


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets which transformers is installed, and whether the one that is loaded has TensorFlow."""

    def become(installed: str, *, loaded: str | None = None, with_tf: bool = True) -> ModuleType:
        stand_in = ModuleType("transformers")
        vars(stand_in).update(__version__=loaded or installed, is_tf_available=lambda: with_tf)
        monkeypatch.setattr(tf_classes.metadata, "version", lambda _: installed)
        monkeypatch.setitem(sys.modules, "transformers", stand_in)
        monkeypatch.setattr(tf_classes, "import_tensorflow", lambda: None)
        return stand_in

    return become


def test_what_works_in_which_version() -> None:
    assert tf_advice("4.49.0") == tf_advice("4.52.4") == ""
    assert "pipeline fails" in tf_advice("4.53.0")
    assert "from_pt=True" not in tf_advice("4.54.1")
    assert "from_pt=True" in tf_advice("4.55.0")
    assert "from_pt=True" in tf_advice("4.57.6")
    for version in ("5.0.0.dev0", "5.15.0", "6.1"):
        said = tf_advice(version)
        assert said.startswith(f"transformers {version} has no TensorFlow classes")
        assert 'pip install "transformers==4.52.4"' in said
        assert 'return_tensors="np"' in said
        assert "keras_encoder" in said


def test_version_5_is_an_error_that_says_what_to_use(versions: Any) -> None:
    versions("5.15.0")
    with pytest.raises(ImportError, match=r"5\.15\.0 has no TensorFlow classes.*keras_encoder"):
        import_tf_transformers()


def test_a_version_in_between_is_a_warning(versions: Any) -> None:
    stand_in = versions("4.56.2")
    with pytest.warns(UserWarning, match="from_pt=True"):
        assert import_tf_transformers() is stand_in


def test_one_that_works_is_given_without_a_word(versions: Any) -> None:
    stand_in = versions("4.52.4")
    assert import_tf_transformers() is stand_in


def test_another_one_loaded_than_installed_asks_for_a_restart(versions: Any) -> None:
    versions("4.52.4", loaded="5.15.0")
    said = r"transformers 5\.15\.0 is loaded and 4\.52\.4 installed: restart the kernel"
    with pytest.raises(RuntimeError, match=said):
        import_tf_transformers()


def test_one_loaded_without_tensorflow_asks_for_a_restart(versions: Any) -> None:
    versions("4.52.4", with_tf=False)
    with pytest.raises(RuntimeError, match=r"loaded without TensorFlow .*restart the kernel"):
        import_tf_transformers()


def test_none_installed_says_what_to_install(versions: Any, monkeypatch: Any) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(tf_classes.metadata, "version", missing)
    with pytest.raises(ImportError, match='not installed: pip install "transformers==4'):
        import_tf_transformers()
