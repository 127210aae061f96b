"""Hugging Face's weights in our classes give its logits, and ours in its classes give ours."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.models import ViT
from companion.pretrained import load_hugging_face_vit, to_hugging_face

KINDS = ("ViTForImageClassification", "ViTModel", "DeiTForImageClassificationWithTeacher")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("changes", [{}, {"layer_norm_eps": 1e-2}, {"num_channels": 1}])
def test_logits_equal_theirs(small: SimpleNamespace, name: str, changes: dict[str, Any]) -> None:
    model = small.reference(name, **changes)
    given = small.images(channels=changes.get("num_channels", 3))
    assert_close(
        small.answer(small.loaders[name](model), given),
        small.answer(model, given),
        atol=1e-5,
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("name", "sizes", "parameters"),
    [
        ("ViTForImageClassification", (192, 12, 3), 5_717_416),
        ("DeiTForImageClassificationWithTeacher", (192, 12, 3), 5_910_800),
        ("ViTModel", (384, 12, 6), 21_665_664),
    ],
)
def test_published_sizes(
    small: SimpleNamespace, name: str, sizes: tuple[int, int, int], parameters: int
) -> None:
    dim, depth, heads = sizes
    size = {"image_size": 224, "patch_size": 16, "num_labels": 1000, "intermediate_size": 4 * dim}
    model = small.reference(
        name, hidden_size=dim, num_hidden_layers=depth, num_attention_heads=heads, **size
    )
    for parameter in model.parameters():
        parameter.data *= 0.25  # as large as trained ones, so that logits are too
    loaded = small.loaders[name](model)
    assert sum(p.numel() for p in loaded.parameters()) == parameters
    given = small.images(224)[:1]
    assert_close(small.answer(loaded, given), small.answer(model, given), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_attention_equals_theirs(small: SimpleNamespace, name: str) -> None:
    model, given = small.reference(name), small.images()
    with record_attention(model) as expected:
        model(given)
    loaded = small.loaders[name](model)
    with record_attention(loaded) as maps:
        loaded(given)
    assert len(maps) == 2
    for one, other in zip(maps, expected, strict=True):
        assert_close(one.weights, other.weights)
        assert one.layout == other.layout


@pytest.mark.parametrize("name", KINDS)
def test_a_folder_gives_the_same_model(small: SimpleNamespace, name: str, tmp_path: Path) -> None:
    model, given = small.reference(name), small.images()
    model.save_pretrained(tmp_path)
    for place in (tmp_path, str(tmp_path)):
        loaded = small.loaders[name](place)
        assert_close(small.answer(loaded, given), small.answer(model, given), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["vit", "dino", "deit"])
def test_the_way_out_gives_our_logits_and_leads_back(
    small: SimpleNamespace, kind: str, tmp_path: Path
) -> None:
    model, given = small.ours(kind), small.images()
    there = to_hugging_face(model)
    assert type(there).__name__ == dict(zip(("vit", "dino", "deit"), KINDS, strict=True))[kind]
    assert_close(small.answer(there, given), small.answer(model, given), atol=1e-5, rtol=1e-5)
    there.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    again = small.loaders[type(there).__name__](tmp_path)
    assert again.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(again.state_dict()[k], v) for k, v in model.state_dict().items())
    assert torch.equal(small.answer(again, given), small.answer(model, given))


def test_eps_and_dropout_go_with_it(small: SimpleNamespace) -> None:
    model = load_hugging_face_vit(small.reference(layer_norm_eps=1e-3))
    assert to_hugging_face(model).config.layer_norm_eps == 1e-3
    dropped = to_hugging_face(ViT(small.grid, **small.sizes, dropout=0.3)).config
    assert dropped.hidden_dropout_prob == 0.3
    assert load_hugging_face_vit(small.reference(hidden_dropout_prob=0.3)).dropout.p == 0
