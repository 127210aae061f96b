"""Hugging Face's models give the same list of maps as ours, equal to their own `attentions`."""

import os
from unittest import mock

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.inspection import NothingRecorded, record_attention, relevance
from companion.parts import TokenLayout

with mock.patch.dict(os.environ, USE_TF="0"):  # else it would load TensorFlow, which is not needed
    import transformers

CLASS = ("class token",)
DISTILLED = ("class token", "distillation token")
REGISTERS = ("class token", "register 1", "register 2", "register 3", "register 4")
SIZES = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}
SMALL = {**SIZES, "intermediate_size": 48, "image_size": 32, "patch_size": 8, "num_labels": 4}
DINO = {**SIZES, "image_size": 32, "patch_size": 8, "num_labels": 4}
MODELS = {
    "ViTModel": ("ViTConfig", SMALL, CLASS),
    "ViTForImageClassification": ("ViTConfig", SMALL, CLASS),
    "DeiTModel": ("DeiTConfig", SMALL, DISTILLED),
    "DeiTForImageClassification": ("DeiTConfig", SMALL, DISTILLED),
    "DeiTForImageClassificationWithTeacher": ("DeiTConfig", SMALL, DISTILLED),
    "Dinov2Model": ("Dinov2Config", DINO, CLASS),
    "Dinov2ForImageClassification": ("Dinov2Config", DINO, CLASS),
    "Dinov2Backbone": ("Dinov2Config", DINO, CLASS),
    "Dinov2WithRegistersModel": ("Dinov2WithRegistersConfig", DINO, REGISTERS),
    "DINOv3ViTModel": ("DINOv3ViTConfig", {**SMALL, "num_register_tokens": 3}, REGISTERS[:4]),
}


def missing(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not hasattr(transformers, kind), reason="not in this transformers")


KINDS = [pytest.param(kind, marks=missing(kind)) for kind in MODELS]


def build(kind: str, **settings) -> nn.Module:
    torch.manual_seed(0)
    config, sizes, _ = MODELS[kind]
    model = getattr(transformers, kind)(getattr(transformers, config)(**sizes, **settings))
    for parameter in model.parameters():  # biases start at zero, which would hide mistakes
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, 32, 32)


def numbers(output) -> torch.Tensor:
    """The first tensor of a model's output: logits, hidden states, or feature maps."""
    first = output[0]
    return first if isinstance(first, torch.Tensor) else first[0]


def kept(model: nn.Module) -> object:
    """What the configuration itself holds, behind the property."""
    return vars(model.config)["_attn_implementation_internal"]


def hooks_of(model: nn.Module) -> list[int]:
    """How many hooks each module has."""
    return [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]


@pytest.mark.parametrize("kind", KINDS)
def test_maps_equal_the_models_own_attentions(kind, images):
    model = build(kind)
    with record_attention(model) as maps:
        model(images)
    theirs = build(kind, attn_implementation="eager")(images, output_attentions=True).attentions
    assert len(maps) == len(theirs) == 2
    assert_close([m.weights for m in maps], list(theirs))
    for recorded in maps:
        assert recorded.layout == TokenLayout(MODELS[kind][2], 4, 4)
        assert_close(recorded.weights.sum(-1), torch.ones(recorded.weights.shape[:-1]))
    names = dict(model.named_modules())
    assert all("Attention" in type(names[m.layer]).__name__ for m in maps)


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_the_same_while_recording_and_after(kind, images):
    model = build(kind)
    before = numbers(model(images))
    hooks = hooks_of(model)  # transformers 5 has some of its own from the first call on
    assert kept(model) == "sdpa"
    with record_attention(model):
        assert kept(model) == "eager"
        during = numbers(model(images))
    assert_close(during, before)
    assert torch.equal(numbers(model(images)), before)
    assert kept(model) == "sdpa"
    assert hooks_of(model) == hooks


@pytest.mark.parametrize("kind", ["ViTForImageClassification", "Dinov2Model"])
def test_what_the_reader_asked_for_is_still_there(kind, images):
    model = build(kind, attn_implementation="eager")
    before = model(images, output_attentions=True, output_hidden_states=True)
    with record_attention(model) as maps:
        during = model(images, output_attentions=True, output_hidden_states=True)
        unasked = model(images)
    assert len(maps) == 4
    assert_close(list(during.attentions), [m.weights for m in maps[:2]])
    assert_close(list(during.attentions), list(before.attentions))
    assert_close(list(during.hidden_states), list(before.hidden_states))
    assert unasked.attentions is None
    assert kept(model) == "eager"


def test_the_readers_own_hooks_see_what_they_saw(images):
    model = build("ViTModel")
    with record_attention(model) as maps:
        model(images)
    seen = []
    inner = model.get_submodule(maps[0].layer)
    for part in (inner, model.get_submodule(maps[0].layer.rpartition(".")[0])):
        part.register_forward_hook(lambda *hook: seen.append(len(hook[-1])))
    model(images)
    with record_attention(model), record_attention(model):
        model(images)
    assert seen[:2] == seen[2:]


def test_what_was_switched_is_as_it_was_also_after_an_error(images):
    model = build("ViTForImageClassification")
    with pytest.raises(KeyError), record_attention(model):
        raise KeyError("from inside")
    assert kept(model) == "sdpa"
    with pytest.raises(ValueError, match="channel"), record_attention(model):
        model(images[:, :2])
    assert kept(model) == "sdpa"
    model.config._attn_implementation_internal = None
    with pytest.raises(NothingRecorded, match="call the model inside"), record_attention(model):
        pass
    assert kept(model) is None
    assert not any(hooks_of(model))


def test_calls_pile_up_and_recordings_nest(images):
    model = build("ViTForImageClassification")
    before = model(images).logits
    with record_attention(model) as outer:
        model(images)
        with record_attention(model) as inner:
            model(images.flip(0))
        assert kept(model) == "eager"
        assert_close(model(images).logits, before)
    assert (len(outer), len(inner)) == (6, 2)
    assert_close([m.weights for m in outer[2:4]], [m.weights for m in inner])
    assert_close([m.weights for m in outer[4:]], [m.weights for m in outer[:2]])
    assert not torch.allclose(outer[0].weights, outer[2].weights)
    assert kept(model) == "sdpa"


def test_images_of_another_size_have_their_own_grid(images):
    model = build("ViTModel")
    with record_attention(model) as maps:
        model(images.reshape(2, 3, 64, 16), interpolate_pos_encoding=True)
        model(images[:, :, :16], interpolate_pos_encoding=True)
    assert [m.layout for m in maps[::2]] == [TokenLayout(CLASS, 8, 2), TokenLayout(CLASS, 2, 4)]


def test_pixels_that_no_patch_holds_are_counted(images):
    model = build("Dinov2Model")
    with record_attention(model) as maps:
        model(images[:, :, :30, :20])
    assert maps[0].layout == TokenLayout(CLASS, 3, 2, leftover=(6, 4))


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_is_off_while_recorded_and_on_again(images, reentrant):
    model = build("ViTForImageClassification").train()
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    with record_attention(model) as maps:
        logits = model(images.requires_grad_()).logits
    assert len(maps) == 2
    assert model.is_gradient_checkpointing
    assert relevance(maps, logits[:, 0].sum()).isfinite().all()
    logits.sum().backward()


def test_gradients_reach_the_recorded_weights(images):
    model = build("ViTForImageClassification")
    with record_attention(model) as maps:
        logits = model(images).logits
    (gradient,) = torch.autograd.grad(logits[0, 0], [maps[0].weights])
    assert gradient.abs().sum() > 0


def test_other_families_are_refused_by_name():
    sizes = {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1], "num_heads": [2]}
    model = transformers.SwinModel(transformers.SwinConfig(**sizes, window_size=4))
    said = "SwinModel has no AttentionTap .*ViT, DeiT, DINOv2, DINOv3, BERT and DistilBERT"
    with pytest.raises(NothingRecorded, match=said), record_attention(model):
        pass


def test_a_pipeline_is_not_a_model():
    said = "a function is no torch module: give the model itself, as `pipe.model` of a pipeline"
    with pytest.raises(ValueError, match=said), record_attention(build):
        pass


def test_a_layer_that_keeps_its_weights_is_an_error_that_names_versions(images, monkeypatch):
    model = build("ViTModel")
    with record_attention(model) as maps:
        model(images)
    layer = model.get_submodule(maps[0].layer)
    forward = layer.forward
    monkeypatch.setattr(layer, "forward", lambda *args, **kwargs: forward(*args, **kwargs)[:1])
    said = r"attention gave no weights: .*4\.52 and 5\.15"
    with pytest.raises(NothingRecorded, match=said), record_attention(model):
        model(images)
    assert kept(model) == "sdpa"
