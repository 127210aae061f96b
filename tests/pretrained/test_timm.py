"""timm's weights in our class give timm's logits."""

from functools import partial

import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.layers import GluMlp
from timm.models.vision_transformer import ParallelScalingBlock, ResPostBlock
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
    with pytest.raises(ValueError, match="Linear is not a timm vision transformer"):
        load_vit(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="heads=4: the model has 3"):
        load_vit(small, heads=4)


class Flipped(nn.LayerNorm):
    """Somebody's own layer, under weights of the usual names."""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"act_layer": "relu"}, r"blocks\.0\.mlp\.act has kind='ReLU' where it has 'GELU'"),
        ({"act_layer": "quick_gelu"}, r"mlp\.act has kind='QuickGELU'"),
        ({"act_layer": "gelu_tanh"}, r"mlp\.act has kind='GELUTanh'"),
        ({"act_layer": partial(nn.GELU, approximate="tanh")}, r"act has approximate='tanh'"),
        ({"norm_layer": partial(nn.LayerNorm, eps=1e-3)}, r"norm1 has eps=0\.001 .* 1e-06"),
        ({"norm_layer": "rmsnorm"}, r"norm1 has kind='RmsNorm'"),
        ({"norm_layer": partial(Flipped, eps=1e-6)}, r"kind='.*test_timm\.Flipped'"),
        ({"block_fn": ResPostBlock}, r"blocks\.0 has kind='ResPostBlock' where it has 'Block'"),
        ({"block_fn": ParallelScalingBlock}, r"kind='ParallelScalingBlock'"),
        ({"mlp_layer": GluMlp}, r"blocks\.0\.mlp has kind='GluMlp'"),
        ({"qk_norm": True}, r"attn\.q_norm has kind='LayerNorm' where it has None"),
        ({"scale_attn_norm": True}, r"attn\.norm has kind='LayerNorm'"),
        ({"init_values": 1e-5}, r"blocks\.0\.ls1 has kind='LayerScale'"),
        ({"pre_norm": True}, r"norm_pre has kind='LayerNorm'"),
        ({"final_norm": False}, "the model computes something else .* norm has kind=None"),
        ({"global_pool": "avg", "fc_norm": False}, "global_pool='avg' where it has 'token'"),
        ({"global_pool": "map"}, "global_pool='map'"),
        ({"reg_tokens": 2}, "num_prefix_tokens=3 where it has 1"),
        ({"no_embed_class": True}, "no_embed_class=True"),
        ({"class_token": False, "global_pool": "avg"}, "has_class_token=False"),
        ({"img_size": (8, 128)}, r"patch_embed has img_size=\(8, 128\)"),
        ({"img_size": 35}, r"img_size=\(35, 35\) where it has \(32, 32\)"),
        ({"patch_size": (4, 8)}, r"patch_size=\(4, 8\)"),
        ({"dynamic_img_pad": True}, "dynamic_img_pad=True where it has False"),
    ],
)
def test_another_computation_is_refused_by_its_modules(changes, words):
    theirs = reference(**SMALL | {"num_classes": 4} | changes)
    with pytest.raises(ValueError, match=words):
        load_vit(theirs)


def test_another_scale_and_other_layers_of_a_block_are_refused():
    theirs = reference(**SMALL, num_classes=4)
    theirs.blocks[1].attn.scale = 1.0
    with pytest.raises(ValueError, match=r"blocks\.1\.attn has scale=1\.0 where it has 0\.35"):
        load_vit(theirs)
    theirs = reference("deit_tiny_distilled_patch16_224", **SMALL, num_classes=4)
    with pytest.raises(ValueError, match="VisionTransformerDistilled is not a timm vision transf"):
        load_vit(theirs)


@pytest.mark.parametrize(
    "changes",
    [
        {"act_layer": "gelu", "norm_layer": partial(nn.LayerNorm, eps=1e-6)},
        {"drop_rate": 0.3, "proj_drop_rate": 0.2, "drop_path_rate": 0.5, "patch_drop_rate": 0.5},
        {"mlp_ratio": 3.3, "in_chans": 1},
        {"weight_init": "jax", "fix_init": True},
    ],
)
def test_what_changes_nothing_in_evaluation_is_taken(changes):
    theirs = reference(**SMALL | {"num_classes": 4} | changes)
    images = torch.randn(2, changes.get("in_chans", 3), 32, 32)
    assert_close(load_vit(theirs)(images), theirs(images), atol=1e-5, rtol=1e-5)


def test_wrapped_models_and_compiled_parts_are_seen_through():
    theirs, images = reference(**SMALL, num_classes=4), torch.randn(1, 3, 32, 32)
    expected = theirs(images)
    wrapped = [torch.compile(theirs, backend="eager"), nn.DataParallel(theirs)]
    for model in wrapped:
        assert_close(load_vit(model)(images), expected)
    theirs.blocks[1] = torch.compile(theirs.blocks[1], backend="eager")
    assert_close(load_vit(theirs)(images), expected)
