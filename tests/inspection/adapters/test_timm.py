"""timm's models give the same list of maps as ours, equal to what timm itself computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import timm
import torch
from timm.layers import set_fused_attn
from timm.models.vision_transformer import ParallelScalingBlock, VisionTransformer
from torch import nn
from torch.testing import assert_close

from companion.inspection import (
    NothingRecorded,
    class_token_map,
    record_attention,
    relevance,
)
from companion.parts import TokenLayout
from companion.pretrained import load_vit

CLASS = ("class token",)
DISTILLED = ("class token", "distillation token")
REGISTERS = ("class token", "register 1", "register 2", "register 3", "register 4")
SMALL = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3}
EVA = {**SMALL, "use_rot_pos_emb": True}
MODELS = {
    "class token": ("vit_tiny_patch16_224", SMALL, CLASS),
    "distilled": ("deit_tiny_distilled_patch16_224", SMALL, DISTILLED),
    "registers": ("vit_tiny_patch16_224", {**SMALL, "reg_tokens": 4}, REGISTERS),
    "no class token": (
        "vit_tiny_patch16_224",
        {**SMALL, "class_token": False, "global_pool": "avg"},
        (),
    ),
    "registers alone": (
        "vit_tiny_patch16_224",
        {**SMALL, "class_token": False, "reg_tokens": 4, "global_pool": "avg"},
        REGISTERS[1:],
    ),
    "class token, a register": ("vit_tiny_patch16_224", {**SMALL, "reg_tokens": 1}, REGISTERS[:2]),
    "oblong": ("vit_tiny_patch16_224", {**SMALL, "img_size": (16, 32)}, CLASS),
    "normed queries": ("vit_tiny_patch16_224", {**SMALL, "qk_norm": True}, CLASS),
    "parallel": ("parallel", {}, CLASS),
    "eva": ("eva02_tiny_patch14_224", EVA, CLASS),
    "eva, registers": (
        "eva02_tiny_patch14_224",
        {**EVA, "attn_type": "rope", "num_reg_tokens": 4},
        REGISTERS,
    ),
    "beit": ("beit_base_patch16_224", SMALL, CLASS),
}

OLD = [] if hasattr(timm.layers, "AttentionRope") else ["eva, registers"]  # timm 1.0.15
KINDS = [kind for kind in MODELS if kind not in OLD]


def build(kind: str) -> nn.Module:
    torch.manual_seed(0)
    name, sizes, _ = MODELS[kind]
    if name == "parallel":
        model = VisionTransformer(**SMALL, num_classes=4, block_fn=ParallelScalingBlock)
    else:
        model = timm.create_model(name, num_classes=4, **sizes)
    for parameter in model.parameters():  # timm starts biases at zero, which would hide mistakes
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def images_for(model: nn.Module) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, *model.patch_embed.img_size)


def fused(model: nn.Module) -> list[bool]:
    return [m.fused_attn for m in model.modules() if hasattr(m, "fused_attn")]


@contextmanager
def plain_attention() -> Iterator[None]:
    """timm's own switch, which holds for models built after it."""
    set_fused_attn(False)
    try:
        yield
    finally:
        set_fused_attn(True)


@pytest.mark.parametrize("kind", KINDS)
def test_maps_equal_those_of_a_model_that_timm_built_unfused(kind):
    model = build(kind)
    assert all(fused(model))
    with plain_attention():
        unfused = build(kind)
    assert not any(fused(unfused))
    seen = []
    for block in unfused.blocks:
        owner = getattr(block, "attn", block)
        owner.attn_drop.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    images = images_for(model)
    unfused(images)
    with record_attention(model) as maps:
        model(images)
    assert len(maps) == 2
    assert_close([m.weights for m in maps], seen)
    prefix = MODELS[kind][2]
    for recorded in maps:
        assert recorded.layout == TokenLayout(prefix, *model.patch_embed.grid_size)
        assert_close(recorded.weights.sum(-1), torch.ones(recorded.weights.shape[:-1]))


@pytest.mark.parametrize("kind", ["class token", "distilled", "registers", "no class token"])
def test_maps_equal_a_softmax_of_queries_and_keys(kind):
    model = build(kind)
    inputs = []
    handles = [
        b.attn.register_forward_pre_hook(lambda _, x: inputs.append(x)) for b in model.blocks
    ]
    with record_attention(model) as maps:
        model(images_for(model))
    for handle in handles:
        handle.remove()
    assert [m.layer for m in maps] == ["blocks.0.attn", "blocks.1.attn"]
    for block, (tokens,), recorded in zip(model.blocks, inputs, maps, strict=True):
        b, n, d = tokens.shape
        queries, keys, _ = block.attn.qkv(tokens).reshape(b, n, 3, 3, d // 3).unbind(2)
        scores = torch.einsum("bqhe,bkhe->bhqk", queries, keys) / (d // 3) ** 0.5
        assert_close(recorded.weights, scores.softmax(-1))


def test_our_own_model_with_the_same_weights_gives_the_same_list():
    theirs = build("class token")
    ours = load_vit(theirs)
    images = images_for(theirs)
    with record_attention(theirs) as their_maps:
        theirs(images)
    with record_attention(ours) as our_maps:
        ours(images)
    assert [m.layout for m in their_maps] == [m.layout for m in our_maps]
    assert_close([m.weights for m in their_maps], [m.weights for m in our_maps])


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_the_same_while_recording_and_after(kind):
    model = build(kind)
    images = images_for(model)
    before = model(images)
    with record_attention(model):
        assert not any(fused(model))
        during = model(images)
    assert_close(during, before)
    assert torch.equal(model(images), before)
    assert all(fused(model))
    assert not any(m._forward_hooks for m in model.modules())


def test_what_was_switched_off_is_as_it_was_also_after_an_error():
    model = build("class token")
    model.blocks[1].attn.fused_attn = False
    with pytest.raises(KeyError), record_attention(model):
        raise KeyError("from inside")
    assert fused(model) == [True, False]
    with pytest.raises(RuntimeError), record_attention(model):
        model(torch.rand(1, 5, 32, 32))
    assert fused(model) == [True, False]
    with pytest.raises(NothingRecorded, match="call the model inside"), record_attention(model):
        pass
    assert fused(model) == [True, False]
    assert not any(m._forward_hooks for m in model.modules())


def test_calls_pile_up_and_recordings_nest():
    model = build("class token")
    images = images_for(model)
    with record_attention(model) as outer:
        model(images)
        with record_attention(model) as inner:
            model(images.flip(0))
        assert not any(fused(model))
        model(images)
    assert (len(outer), len(inner)) == (6, 2)
    assert_close([m.weights for m in outer[2:4]], [m.weights for m in inner])
    assert_close([m.weights for m in outer[4:]], [m.weights for m in outer[:2]])
    assert not torch.allclose(outer[0].weights, outer[2].weights)
    assert all(fused(model))


def test_images_of_another_size_have_their_own_grid():
    model = timm.create_model("vit_tiny_patch16_224", **SMALL, dynamic_img_size=True).eval()
    with record_attention(model) as maps:
        model(torch.randn(1, 3, 64, 16))  # as many patches as the model was built for
        model(torch.randn(1, 3, 32, 48))
        model.blocks(torch.randn(1, 5, 24))
    grids = [(8, 2), (4, 6)]
    assert [m.layout for m in maps[::2]] == [*(TokenLayout(CLASS, *grid) for grid in grids), None]


@pytest.mark.parametrize("pad", [True, False])
def test_pixels_that_no_patch_holds_are_counted_and_maps_refused(pad):
    sizes = {**SMALL, "img_size": (28, 37), "dynamic_img_pad": pad, "dynamic_img_size": pad}
    model = timm.create_model("vit_tiny_patch16_224", **sizes).eval()
    with record_attention(model) as maps:
        model(torch.randn(1, 3, 28, 37))
    rows, columns = (4, 5) if pad else (3, 4)
    leftover = (28 - 8 * rows, 37 - 8 * columns)
    assert maps[0].layout == TokenLayout(CLASS, rows, columns, leftover=leftover)
    with pytest.raises(ValueError, match=f"leave out {leftover[0]} rows and {leftover[1]} col"):
        class_token_map(maps[0])


def test_a_patch_of_a_hybrid_is_as_large_as_its_convolutions_make_it():
    model = timm.create_model("vit_tiny_r_s16_p8_224", img_size=64, depth=1).eval()
    with record_attention(model) as maps:
        model(torch.randn(1, 3, 64, 64))
    side = model.patch_embed.grid_size[0]
    assert maps[0].layout == TokenLayout(CLASS, side, side)


def checkpointed(model: nn.Module) -> nn.Module:
    model.set_grad_checkpointing(True)
    return model.train()


@pytest.mark.parametrize("kind", ["class token", "eva", "beit"])
def test_gradient_checkpointing_is_off_while_recorded_and_on_again(kind):
    model = checkpointed(build(kind))
    expected = build(kind).train()
    with record_attention(expected) as plain:
        expected(images_for(model))[:, 0].sum().backward()
    with record_attention(model) as maps:
        logits = model(images_for(model))
        assert len(maps) == 2
        joint = relevance(maps, logits[:, 0].sum())
    assert model.grad_checkpointing is True
    assert_close([m.weights for m in maps], [m.weights for m in plain])
    assert_close(relevance(maps, logits[:, 0].sum()), joint)
    logits[:, 0].sum().backward()
    for ours, theirs in zip(model.parameters(), expected.parameters(), strict=True):
        assert_close(ours.grad, theirs.grad)


def test_dropped_patches_leave_no_grid():
    model = timm.create_model("vit_tiny_patch16_224", **SMALL, patch_drop_rate=0.5).train()
    with record_attention(model) as maps:
        model(torch.randn(1, 3, 32, 32))
    assert [(m.weights.shape[-1], m.layout) for m in maps] == [(9, None)] * 2


def test_gradients_reach_the_recorded_weights():
    model = build("class token")
    with record_attention(model) as maps:
        logits = model(images_for(model))
    (gradient,) = torch.autograd.grad(logits[0, 0], [maps[0].weights])
    assert gradient.abs().sum() > 0


def test_a_model_inside_another_is_found():
    model = nn.Sequential(build("distilled"), nn.Linear(4, 2))
    with record_attention(model) as maps:
        model(images_for(model[0]))
    assert [m.layer for m in maps] == ["0.blocks.0.attn", "0.blocks.1.attn"]
    assert maps[0].layout == TokenLayout(DISTILLED, 4, 4)


@pytest.mark.parametrize(
    "name", ["swin_tiny_patch4_window7_224", "mixer_s16_224", "cait_xxs24_224"]
)
def test_other_families_are_refused_by_name(name):
    model = timm.create_model(name)
    said = f"{type(model).__name__} has no AttentionTap .*timm's VisionTransformer, Eva and Beit"
    with pytest.raises(NothingRecorded, match=said), record_attention(model):
        pass


def test_attention_of_another_kind_is_refused():
    if not hasattr(timm.layers, "DiffAttention"):
        pytest.skip("this timm has no differential attention")
    model = timm.create_model("vit_tiny_patch16_224", **SMALL, attn_layer="diff")
    said = "VisionTransformer with DiffAttention cannot be recorded: of timm's kinds .*EvaAttention"
    with pytest.raises(NothingRecorded, match=said), record_attention(model):
        pass
