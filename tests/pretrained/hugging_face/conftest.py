"""Small models of transformers and of ours, whose weights hide nothing, and their answers."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from companion.models import DeiT, DistilledLogits, ViT
from companion.parts import PatchGrid
from companion.pretrained import (
    load_hugging_face_deit,
    load_hugging_face_dino,
    load_hugging_face_vit,
)

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "image_size": 32,
    "patch_size": 8,
    "num_labels": 5,
}
GRID = PatchGrid(32, 8)
SIZES = {"dim": 24, "depth": 2, "heads": 3, "mlp_dim": 40, "num_classes": 5}
LOADERS: dict[str, Callable[..., Any]] = {
    "ViTForImageClassification": load_hugging_face_vit,
    "ViTModel": load_hugging_face_dino,
    "DeiTForImageClassificationWithTeacher": load_hugging_face_deit,
}


def stirred(model: nn.Module) -> Any:
    """Weights that hide nothing: biases, tokens and positions are not zero, norms not one."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def reference(name: str = "ViTForImageClassification", **changes: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    config = transformers.DeiTConfig if name.startswith("DeiT") else transformers.ViTConfig
    return stirred(getattr(transformers, name)(config(**SMALL | changes)))


def answer(model: Any, images: torch.Tensor) -> torch.Tensor:
    """What we compare, from theirs or from ours."""
    with torch.inference_mode():
        out = model(images)
    if hasattr(out, "last_hidden_state"):
        return out.last_hidden_state[:, 0]
    if isinstance(out, DistilledLogits):
        return out.mean
    return out if isinstance(out, torch.Tensor) else out.logits


def images_of(size: int = 32, channels: int = 3) -> torch.Tensor:
    return torch.randn(3, channels, size, size, generator=torch.Generator().manual_seed(1))


def ours_of(kind: str) -> ViT | DeiT:
    if kind == "deit":
        return stirred(DeiT(GRID, **SIZES))
    model = ViT(GRID, **SIZES)
    if kind == "dino":
        model.head = nn.Identity()
    return stirred(model)


@pytest.fixture(scope="session")
def small() -> SimpleNamespace:
    """All of these, by their names."""
    return SimpleNamespace(
        grid=GRID,
        sizes=SIZES,
        loaders=LOADERS,
        reference=reference,
        ours=ours_of,
        answer=answer,
        images=images_of,
        stirred=stirred,
    )
