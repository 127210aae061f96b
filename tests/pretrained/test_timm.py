"""timm's weights in our class give timm's logits."""

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.pretrained import load_vit


def reference(name: str = "vit_tiny_patch16_224", **sizes) -> nn.Module:
    torch.manual_seed(0)
    model = timm.create_model(name, **sizes).eval()
    for parameter in model.parameters():  # timm starts biases at zero, which would hide mistakes
        nn.init.normal_(parameter, std=0.05)
    return model


SMALL = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3}


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "vit_small_patch32_224"])
def test_logits_equal_those_of_timm(name):
    theirs = reference(name)
    images = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        assert_close(load_vit(theirs)(images), theirs(images), atol=1e-4, rtol=1e-4)


def test_attention_equals_that_of_timm():
    theirs = reference(**SMALL, num_classes=4)
    images = torch.randn(2, 3, 32, 32)
    seen = []
    for block in theirs.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    theirs(images)
    ours = load_vit(theirs)
    with record_attention(ours) as maps:
        ours(images)
    assert_close([m.weights for m in maps], seen)


def test_a_file_of_weights_gives_the_same_model(tmp_path):
    theirs = reference(**SMALL, num_classes=4)
    save_file(theirs.state_dict(), tmp_path / "vit.safetensors")
    images = torch.randn(1, 3, 32, 32)
    for path in (tmp_path / "vit.safetensors", str(tmp_path / "vit.safetensors")):
        assert_close(load_vit(path, heads=3)(images), theirs(images))


def test_a_name_goes_to_timm(monkeypatch):
    asked = []

    def create_model(name, *, pretrained):
        asked.append((name, pretrained))
        return small

    small = reference(**SMALL, num_classes=4)
    monkeypatch.setattr(timm, "create_model", create_model)
    assert load_vit("vit_tiny_patch16_224").embed.grid.num_patches == 16
    assert asked == [("vit_tiny_patch16_224", True)]


def test_what_does_not_fit_is_refused(tmp_path):
    small = reference(**SMALL, num_classes=4)
    weights = small.state_dict()
    path = tmp_path / "vit.safetensors"

    def refused(changed: dict[str, torch.Tensor], words: str) -> None:
        save_file(changed, path)
        with pytest.raises(ValueError, match=words):
            load_vit(path, heads=3)

    refused({**weights, "blocks.0.ls1.gamma": torch.ones(24)}, r"1 of 33 .*ls1.gamma")
    refused({k: v for k, v in weights.items() if k != "cls_token"}, "cls_token")
    refused({k: v for k, v in weights.items() if k != "norm.bias"}, "norm.bias")
    with pytest.raises(ValueError, match="heads"):
        load_vit(path)
    path.write_bytes(b"not a file of weights")
    with pytest.raises(ValueError, match="not a complete safetensors file"):
        load_vit(path, heads=3)
    with pytest.raises(ValueError, match="no file"):
        load_vit(tmp_path / "missing.safetensors", heads=3)
    with pytest.raises(ValueError, match="not a timm vision transformer"):
        load_vit(nn.Linear(2, 2))
    averaged = reference(**SMALL, num_classes=4, global_pool="avg", fc_norm=False)
    with pytest.raises(ValueError, match=r"global_pool='avg'.*made with global_pool='token'"):
        load_vit(averaged)
