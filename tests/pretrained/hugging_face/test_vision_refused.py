"""What is no plain model of the kind is refused, and the difference is named."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from companion.models import MLPMixer, ViT
from companion.parts import MeanPool
from companion.pretrained import (
    load_hugging_face_deit,
    load_hugging_face_dino,
    load_hugging_face_vit,
    to_hugging_face,
)

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("ViTForImageClassification", {"hidden_act": "relu"}, r"has kind='ReLU' where it has"),
        ("ViTForImageClassification", {"hidden_act": "gelu_new"}, "kind='NewGELUActivation'"),
        ("ViTForImageClassification", {"qkv_bias": False}, r"qkv\.bias"),
        ("ViTForImageClassification", {"num_labels": 0}, "kind=None|no head"),
        ("ViTForImageClassification", {"image_size": (16, 64)}, r"image_size=\(16, 64\)"),
        ("ViTForImageClassification", {"image_size": 35}, "not divisible|image_size"),
        ("ViTModel", {"patch_size": (4, 8)}, r"patch_size=\(4, 8\)"),
        ("DeiTForImageClassificationWithTeacher", {"hidden_act": "silu"}, "kind='SiLU"),
    ],
)
def test_another_computation_is_refused(
    small: SimpleNamespace, name: str, changes: dict[str, Any], words: str
) -> None:
    model = small.reference(name, **changes)
    with pytest.raises(ValueError, match=words):
        small.loaders[name](model)


def test_a_changed_part_is_refused(small: SimpleNamespace) -> None:
    model = small.reference()
    model.vit.layernorm.eps = 1e-3
    with pytest.raises(ValueError, match=r"vit\.layernorm has eps=0\.001 where it has 1e-12"):
        load_hugging_face_vit(model)
    model = small.reference()
    attention = next(m for m in model.modules() if hasattr(m, "scaling"))
    attention.scaling = 1.0
    with pytest.raises(ValueError, match=r"has scaling=1\.0 where it has 0\.35"):
        load_hugging_face_vit(model)


def test_other_models_are_refused(small: SimpleNamespace) -> None:
    dinov2 = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=1, num_attention_heads=3, image_size=32, patch_size=8
    )
    for load, model, words in (
        (
            load_hugging_face_vit,
            small.reference("ViTModel"),
            "a ViTModel is not .* ViTForImageClass",
        ),
        (load_hugging_face_dino, small.reference(), "a ViTForImageClassification is not"),
        (
            load_hugging_face_vit,
            ViT(small.grid, **small.sizes),
            "a ViT is not transformers' ViTForImage",
        ),
        (
            load_hugging_face_deit,
            small.reference("DeiTForImageClassification"),
            "DeiTForImageClassif",
        ),
        (
            load_hugging_face_dino,
            transformers.Dinov2Model(dinov2),
            "a Dinov2Model is not transformers' ViTModel",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            load(model)
    with pytest.raises(ValueError, match="a MLPMixer has no counterpart there"):
        to_hugging_face(MLPMixer(small.grid, dim=8, depth=1, num_classes=2))
    changed = ViT(small.grid, **small.sizes)
    changed.pool = MeanPool(24)
    with pytest.raises(ValueError, match="pool has kind='MeanPool' where it has 'ClassTokenPool'"):
        to_hugging_face(changed)


@pytest.mark.filterwarnings("ignore")
def test_a_folder_of_another_model_is_refused(small: SimpleNamespace, tmp_path: Path) -> None:
    small.reference("ViTModel").save_pretrained(tmp_path / "body")
    with pytest.raises(ValueError, match=r"\d+ weights are not in it, first \['classifier.bias'"):
        load_hugging_face_vit(tmp_path / "body")
    with pytest.raises(ValueError, match="is a model of type 'vit', and not 'deit'"):
        load_hugging_face_deit(tmp_path / "body")
    with pytest.raises(ValueError, match="there is no folder"):
        load_hugging_face_vit(tmp_path / "missing")
    small.reference().save_pretrained(tmp_path / "whole")
    body = load_hugging_face_dino(tmp_path / "whole")  # a head more than it needs
    assert body(small.images()).shape == (3, 24)
