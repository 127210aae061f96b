"""timm's MLP-Mixers and ConvMixers in our classes, and ours in timm's: the same logits."""

from functools import partial

import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.layers import GatedMlp, GluMlp
from timm.models.convmixer import ConvMixer as TimmConvMixer
from timm.models.mlp_mixer import MlpMixer, ResBlock, SpatialGatingBlock
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torch.testing import assert_close

from companion.models import ConvMixer, Hybrid, MLPMixer, ViT
from companion.parts import PatchGrid
from companion.pretrained import load_convmixer, load_mlp_mixer, load_vit, timm_weights

GATED = {"block_layer": SpatialGatingBlock, "mlp_layer": GatedMlp, "mlp_ratio": 4}


def stirred(model: nn.Module) -> nn.Module:
    """Weights that hide nothing: no zero biases or heads, and norms that saw something."""
    torch.manual_seed(0)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if "running_var" in name:
            nn.init.uniform_(tensor, 0.5, 2.0)
        elif tensor.is_floating_point():
            # As large going out as coming in, so that an image is seen at the end.
            nn.init.normal_(tensor, std=tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 0.5)
    return model.eval()


def accustomed(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """Norms that have seen these images: else a deep ConvMixer says the same of all."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    model.train()(images)
    for norm in norms:
        norm.momentum = 0.1  # as it was: a loader compares them
    return model.eval()


def small_mixer(**changes) -> nn.Module:
    sizes = {"num_classes": 4, "img_size": 32, "patch_size": 8, "num_blocks": 2, "embed_dim": 24}
    return stirred(MlpMixer(**(sizes | changes)))


def small_convmixer(**changes) -> nn.Module:
    sizes = {"dim": 12, "depth": 2, "kernel_size": 5, "patch_size": 4, "num_classes": 4}
    return stirred(TimmConvMixer(**(sizes | changes)))


@pytest.mark.parametrize("name", ["mixer_s32_224", "mixer_b16_224"])
def test_mixers_logits_equal_those_of_timm(name):
    theirs, images = stirred(timm.create_model(name)), torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        expected = theirs(images)
        scale = expected.abs().max()
        assert_close(load_mlp_mixer(theirs)(images) / scale, expected / scale, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "activation"),
    [("convmixer_768_32", nn.ReLU), ("convmixer_1024_20_ks9_p14", nn.GELU)],
)
def test_convmixers_logits_equal_those_of_timm(name, activation):
    theirs, images, size = timm.create_model(name), torch.randn(2, 3, 112, 112), 224
    with torch.inference_mode():
        expected = accustomed(theirs, images)(images)
        assert (expected[0] - expected[1]).abs().max() > 0.1 * expected.abs().max()
        ours = load_convmixer(theirs, image_size=size)
        assert isinstance(ours.embed[1], activation)
        scale = expected.abs().max()
        assert_close(ours(images) / scale, expected / scale, atol=1e-5, rtol=0)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_small_models_of_either_activation_and_their_files(tmp_path, activation):
    layer = nn.ReLU if activation == "relu" else nn.GELU
    theirs, images = small_convmixer(act_layer=layer), torch.randn(2, 3, 32, 32)
    path = tmp_path / "convmixer.safetensors"
    save_file(theirs.state_dict(), path)
    from_file = load_convmixer(path, image_size=32, activation=activation)
    for ours in (load_convmixer(theirs, image_size=32), from_file):
        assert_close(ours(images), theirs(images), atol=1e-5, rtol=1e-5)
    other = "gelu" if activation == "relu" else "relu"
    with pytest.raises(ValueError, match=f"activation='{other}': the model has '{activation}'"):
        load_convmixer(theirs, image_size=32, activation=other)
    with pytest.raises(ValueError, match="does not say its activation: pass 'gelu' or 'relu'"):
        load_convmixer(path)


def test_a_file_of_a_mixer_says_all(tmp_path):
    theirs, images = small_mixer(in_chans=1, mlp_ratio=(0.7, 3.0)), torch.randn(2, 1, 32, 32)
    save_file(theirs.state_dict(), tmp_path / "mixer.safetensors")
    for source in (theirs, tmp_path / "mixer.safetensors", str(tmp_path / "mixer.safetensors")):
        assert_close(load_mlp_mixer(source)(images), theirs(images), atol=1e-5, rtol=1e-5)


def test_a_name_goes_to_timm(monkeypatch):
    asked = []

    def create_model(name, *, pretrained):
        asked.append((name, pretrained))
        return small_mixer() if "mlp" in name else small_convmixer()

    monkeypatch.setattr(timm, "create_model", create_model)
    assert load_mlp_mixer("an_mlp").embed.grid.num_patches == 16
    assert load_convmixer("a_conv").grid.patch_size == 4
    assert asked == [("an_mlp", True), ("a_conv", True)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"act_layer": nn.ReLU}, r"mlp_tokens\.act has kind='ReLU' where it has 'GELU'"),
        ({"norm_layer": partial(nn.LayerNorm, eps=1e-3)}, r"norm1 has eps=0\.001"),
        ({"mlp_layer": GluMlp}, r"mlp_tokens has kind='GluMlp' where it has 'Mlp'"),
        ({"block_layer": ResBlock, "mlp_ratio": 4}, r"blocks\.0 has kind='ResBlock'"),
        (GATED, "kind='SpatialGatingBlock'"),
        ({"stem_norm": True}, r"stem\.norm has kind='LayerNorm'"),
        ({"global_pool": ""}, "global_pool='' where it has 'avg'"),
    ],
)
def test_another_mixer_is_refused_by_its_modules(changes, words):
    with pytest.raises(ValueError, match=words):
        load_mlp_mixer(small_mixer(**changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"act_layer": nn.SiLU}, r"stem\.1 has kind='SiLU' where it has 'GELU'"),
        ({"global_pool": "max"}, "global_pool has pool_type='max' where it has 'avg'"),
    ],
)
def test_another_convmixer_is_refused_by_its_modules(changes, words):
    with pytest.raises(ValueError, match=words):
        load_convmixer(small_convmixer(**changes), image_size=32)


def test_other_kinds_of_models_and_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="MlpMixer is not a timm vision transformer"):
        load_vit(small_mixer())
    with pytest.raises(ValueError, match="ConvMixer is not a timm MLP-Mixer"):
        load_mlp_mixer(small_convmixer())
    with pytest.raises(ValueError, match="MlpMixer is not a timm ConvMixer"):
        load_convmixer(small_mixer())
    path = tmp_path / "weights.safetensors"
    save_file(small_convmixer().state_dict(), path)
    with pytest.raises(ValueError, match="not the weights of an MLP-Mixer with head"):
        load_mlp_mixer(path)
    with pytest.raises(ValueError, match="image_size=30 is not divisible by patch_size=4"):
        load_convmixer(path, image_size=30, activation="gelu")
    save_file(small_mixer(**GATED).state_dict(), path)
    with pytest.raises(ValueError, match="not the weights of an MLP-Mixer with token MLPs"):
        load_mlp_mixer(path)
    with pytest.raises(ValueError, match="no file"):
        load_convmixer(tmp_path / "missing.safetensors", activation="gelu")


def test_a_head_taken_off_is_a_difference_that_is_named():
    for load, model in ((load_mlp_mixer, small_mixer), (load_convmixer, small_convmixer)):
        with pytest.raises(ValueError, match=r"not the weights of .*: no \['head.weight'\]"):
            load(model(num_classes=0))


def ours_and_timms():
    grid = PatchGrid(32, 8)
    yield (
        ViT(grid, dim=24, depth=2, heads=3, num_classes=4),
        VisionTransformer(
            img_size=32, patch_size=8, embed_dim=24, depth=2, num_heads=3, num_classes=4
        ),
    )
    yield MLPMixer(grid, dim=24, depth=2, num_classes=4), small_mixer()
    conv = {"dim": 12, "depth": 2, "kernel_size": 5, "num_classes": 4}
    yield ConvMixer(PatchGrid(32, 4), **conv), small_convmixer()
    yield ConvMixer(PatchGrid(32, 4), **conv, activation="relu"), small_convmixer(act_layer=nn.ReLU)


@pytest.mark.parametrize("pair", range(4))
def test_the_way_out_gives_timm_our_logits(pair):
    ours, theirs = list(ours_and_timms())[pair]
    stirred(ours)
    theirs.eval().load_state_dict(timm_weights(ours))
    images = torch.randn(2, 3, 32, 32)
    assert_close(theirs(images), ours(images), atol=1e-5, rtol=1e-5)


def test_what_timm_has_no_place_for_is_refused_on_the_way_out():
    hybrid = Hybrid(PatchGrid(32, 8), blocks="ma", dim=24, num_classes=4)
    with pytest.raises(ValueError, match="timm has no Hybrid: give a ViT, MLPMixer or ConvMixer"):
        timm_weights(hybrid)
    changed = MLPMixer(PatchGrid(32, 8), dim=24, depth=2, num_classes=4)
    changed.blocks[0].token_mixer = nn.Linear(24, 24)
    with pytest.raises(ValueError, match=r"2 of \d+ weights have no place"):
        timm_weights(changed)
