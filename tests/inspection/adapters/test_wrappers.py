"""What is wrapped around a model does not keep its attention from being recorded in silence."""

import subprocess
import sys

import pytest
import timm
import torch
from accelerate import Accelerator
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from companion.inspection import (
    AttentionMap,
    change_attention,
    record_attention,
    without_heads,
)
from companion.models import ViT
from companion.parts import CLASS_TOKEN, PatchGrid, TokenLayout

OURS = [f"blocks.{i}.token_mixer" for i in range(2)]
THEIRS = [f"blocks.{i}.attn" for i in range(2)]


def our_vit() -> ViT:
    torch.manual_seed(0)
    return ViT(PatchGrid(8, 2, 3), dim=24, depth=2, heads=3, num_classes=4).eval()


def timm_vit(*, fused: bool = True) -> nn.Module:
    torch.manual_seed(0)
    sizes = {"img_size": 8, "patch_size": 2, "embed_dim": 24, "depth": 2, "num_heads": 3}
    model = timm.create_model("vit_tiny_patch16_224", num_classes=4, **sizes).eval()
    for block in model.blocks:
        block.attn.fused_attn = fused
    return model


MODELS = {"ours": our_vit, "timm": timm_vit, "timm unfused": lambda: timm_vit(fused=False)}


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, 8, 8)


@pytest.fixture
def compiler():
    """A backend that runs what it is given, and counts how often it is given something."""
    torch._dynamo.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    backend.graphs = graphs
    yield backend
    torch._dynamo.reset()


def recorded(model: nn.Module, images: torch.Tensor) -> list[AttentionMap]:
    with record_attention(model) as maps:
        model(images)
    return maps


@pytest.mark.parametrize(
    ("kind", "before"), [("ours", True), ("timm", False), ("timm unfused", True)]
)
def test_a_compiled_model_is_recorded_and_compiled_again_afterwards(kind, before, images, compiler):
    model = MODELS[kind]()
    expected = recorded(model, images)
    compiled = torch.compile(model, backend=compiler)
    if before:
        compiled(images)
    ran = len(compiler.graphs)
    with record_attention(compiled) as maps:
        logits = compiled(images)
    assert len(compiler.graphs) == ran, "it was compiled while it was recorded"
    assert_close(logits, model(images))
    assert [m.layer for m in maps] == (OURS if kind == "ours" else THEIRS)
    assert [m.layout for m in maps] == [TokenLayout((CLASS_TOKEN,), 4, 4)] * 2
    assert_close([m.weights for m in maps], [m.weights for m in expected])
    assert_close(compiled(images), model(images))
    assert len(maps) == 2, "the compiled code still records"
    assert compiler.graphs, "it is not compiled any more"


@torch.no_grad()
def test_a_model_compiled_in_place_and_a_compiled_part_are_recorded(images, compiler):
    model = timm_vit(fused=False)
    model.compile(backend=compiler)
    model(images)
    assert [m.layer for m in recorded(model, images)] == THEIRS
    model = timm_vit(fused=False)
    model.blocks[1] = torch.compile(model.blocks[1], backend=compiler)
    model(images)
    assert [m.layer for m in recorded(model, images)] == THEIRS


def test_a_compiled_function_that_calls_the_model_is_recorded(images, compiler):
    model = timm_vit(fused=False)
    step = torch.compile(lambda batch: model(batch).sum(), backend=compiler)
    step(images)
    with record_attention(model) as maps:
        step(images)
    assert [m.layer for m in maps] == THEIRS


def test_changes_reach_a_compiled_model(images, compiler):
    model = our_vit()
    compiled = torch.compile(model, backend=compiler)
    before = compiled(images)
    with without_heads(model, {OURS[0]: [0]}):
        expected = model(images)
    with without_heads(compiled, {OURS[0]: [0]}):
        assert_close(compiled(images), expected)
    assert not torch.allclose(expected, before)
    assert_close(compiled(images), before)
    model.blocks[0] = torch.compile(model.blocks[0], backend=compiler)
    with without_heads(model, {OURS[0]: [0]}):
        assert_close(model(images), expected)


class Checkpointed(nn.Module):
    """A model whose forward asks torch to compute its layers again in the backward pass."""

    def __init__(self, *, reentrant: bool) -> None:
        super().__init__()
        self.inner, self.reentrant = our_vit(), reentrant

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return checkpoint(self.inner, images, use_reentrant=self.reentrant)


def test_a_forward_that_checkpoints_by_itself_is_refused_by_name(images):
    model = Checkpointed(reentrant=False)
    said = r"inner\.blocks\.0\.token_mixer runs under gradient checkpointing"
    with pytest.raises(ValueError, match=said), record_attention(model):
        model(images)
    change = {"inner." + OURS[0]: torch.zeros_like}
    with pytest.raises(ValueError, match=said), change_attention(model, change):
        model(images)
    with torch.no_grad():
        assert len(recorded(model, images)) == 2
    model(images).sum().backward()


def test_a_reentrant_checkpoint_is_refused_where_it_would_be_recorded_twice(images):
    model = Checkpointed(reentrant=True)
    with record_attention(model) as maps:
        logits = model(images.requires_grad_())
        assert len(maps) == 2
        with pytest.raises(ValueError, match="runs under gradient checkpointing"):
            logits.sum().backward()


def test_torchs_checkpoint_wrapper_is_seen_through(images):
    model = our_vit()
    with record_attention(model) as expected:
        model(images).sum().backward()
    gradients = [p.grad for p in model.parameters()]
    wrapped = our_vit()
    wrapped.blocks[0] = checkpoint_wrapper(wrapped.blocks[0])
    kept = wrapped.blocks[0].checkpoint_fn
    with record_attention(wrapped) as maps:
        logits = wrapped(images)
    logits.sum().backward()
    assert wrapped.blocks[0].checkpoint_fn is kept
    assert [m.layer for m in maps] == OURS
    assert_close([m.weights for m in maps], [m.weights for m in expected])
    assert_close([p.grad for p in wrapped.parameters()], gradients)


def test_an_older_torch_says_what_to_do(images, compiler, monkeypatch):
    monkeypatch.delattr(torch.compiler, "set_stance")
    model = timm_vit()
    compiled = torch.compile(model, backend=compiler)
    said = "record the model that torch.compile was given, or update to torch 2.6"
    with pytest.raises(ValueError, match=said), record_attention(compiled):
        pass
    with pytest.raises(ValueError, match=said), record_attention(nn.Sequential(compiled)):
        pass
    assert [m.layer for m in recorded(model, images)] == THEIRS
    model.compile(backend=compiler)
    with pytest.raises(ValueError, match=said), record_attention(model):
        pass


def test_nothing_of_the_compiler_is_loaded_for_it():
    code = (
        "import sys, torch\n"
        "from companion.models import ViT\n"
        "from companion.parts import CLASS_TOKEN, PatchGrid, TokenLayout\n"
        "from companion.inspection import record_attention\n"
        "model = ViT(PatchGrid(8, 2, 1), dim=16, depth=1, heads=2, num_classes=5)\n"
        "with record_attention(model): model(torch.rand(1, 1, 8, 8))\n"
        "late = {'torch._dynamo', 'timm', 'transformers'} & set(sys.modules)\n"
        "assert not late, late\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["ours", "timm"])
def test_data_parallel_on_at_most_one_device_is_recorded(kind, images):
    model = MODELS[kind]()
    maps = recorded(DataParallel(model), images)
    assert_close([m.weights for m in maps], [m.weights for m in recorded(model, images)])
    assert [m.layer for m in maps] == (OURS if kind == "ours" else THEIRS)


def test_data_parallel_on_several_devices_says_what_to_do():
    spread = DataParallel(our_vit())
    spread.device_ids = [0, 1, 2]  # as on a machine with three
    said = r"copies of the model on 3 devices, .*record_attention\(model\.module\)"
    for model in (spread, nn.Sequential(spread)):
        with pytest.raises(ValueError, match=said), record_attention(model):
            pass


@pytest.fixture
def process_group(tmp_path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("kind", ["ours", "timm"])
def test_a_process_of_distributed_data_parallel_is_recorded(kind, images, process_group):
    model = MODELS[kind]()
    maps = recorded(DistributedDataParallel(model), images)
    assert_close([m.weights for m in maps], [m.weights for m in recorded(model, images)])
    assert [m.layer for m in maps] == (OURS if kind == "ours" else THEIRS)


def test_a_distributed_compiled_model_has_plain_names(images, process_group, compiler):
    wrapped = DistributedDataParallel(torch.compile(timm_vit(), backend=compiler))
    assert [m.layer for m in recorded(wrapped, images)] == THEIRS
    wrapped = torch.compile(DistributedDataParallel(timm_vit()), backend=compiler)
    assert [m.layer for m in recorded(wrapped, images)] == THEIRS


def test_what_accelerate_prepared_is_recorded(images):
    model = our_vit()
    expected = recorded(model, images)
    prepared = Accelerator(cpu=True, mixed_precision="bf16").prepare(model)
    maps = recorded(prepared, images)
    assert [m.layer for m in maps] == OURS
    assert maps[0].weights.dtype == torch.bfloat16
    assert_close(
        [m.weights.float() for m in maps], [m.weights for m in expected], atol=0.01, rtol=0
    )
