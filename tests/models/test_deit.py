"""DeiT: the published size, two tokens with a head each, and a start like a ViT's."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.models import DeiT, DistilledLogits, ViT
from companion.models.deit import DISTILLATION_TOKEN
from companion.parts import CLASS_TOKEN, PatchGrid

GRID = PatchGrid(8, 4, channels=1)


def small() -> DeiT:
    torch.manual_seed(0)
    return DeiT(GRID, dim=8, depth=2, heads=2, num_classes=3).eval()


@pytest.mark.parametrize(
    ("dim", "heads", "parameters"), [(192, 3, 5_910_800), (384, 6, 22_436_432)]
)
def test_published_parameter_counts(dim: int, heads: int, parameters: int) -> None:
    with torch.device("meta"):
        model = DeiT(PatchGrid(224, 16), dim=dim, depth=12, heads=heads, num_classes=1000)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_each_head_reads_its_own_token() -> None:
    model, images = small(), torch.randn(2, 1, 8, 8)
    logits = model(images)
    assert isinstance(logits, DistilledLogits)
    assert logits.label.shape == logits.teacher.shape == (2, 3)
    assert_close(logits.mean, (logits.label + logits.teacher) / 2)
    pooled = model.pool.norm(model.features(images))
    assert_close(logits.label, model.head.label(pooled[:, 0]))
    assert_close(logits.teacher, model.head.teacher(pooled[:, 1]))
    with torch.no_grad():
        model.class_token.distillation.token += torch.randn(8)
        tokens = model.class_token(model.embed(images))
    assert_close(tokens[:, 1], model.class_token.distillation.token[0].expand(2, -1))
    assert_close(tokens[:, 0], model.class_token.label.token[0].expand(2, -1))
    assert not torch.allclose(model(images).teacher, logits.teacher)


def test_attention_says_what_its_tokens_are() -> None:
    model = small()
    with record_attention(model) as maps:
        model(torch.randn(1, 1, 8, 8))
    assert [m.weights.shape for m in maps] == [(1, 2, 6, 6)] * 2
    assert maps[0].layout.prefix == (CLASS_TOKEN, DISTILLATION_TOKEN)


def test_both_heads_learn_a_batch_by_heart() -> None:
    model, images = small().train(), torch.randn(6, 1, 8, 8)
    labels, teacher = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([2, 2, 1, 1, 0, 0])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(150):
        logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits.label, labels)
        loss = loss + torch.nn.functional.cross_entropy(logits.teacher, teacher)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    logits = model.eval()(images)
    assert (logits.label.argmax(dim=1) == labels).all()
    assert (logits.teacher.argmax(dim=1) == teacher).all()


def test_a_start_like_a_vits_and_sizes_that_are_refused() -> None:
    model = DeiT(PatchGrid(8, 4), dim=96, depth=2, heads=2, num_classes=50)
    plain = ViT(PatchGrid(8, 4), dim=96, depth=2, heads=2, num_classes=50)
    for name in ("blocks.0.token_mixer.qkv.weight", "blocks.1.channel_mixer.expand.weight"):
        assert_close(
            model.state_dict()[name].std(), plain.state_dict()[name].std(), rtol=0.1, atol=0
        )
    assert_close(model.head.teacher.weight.std().item(), 0.02, rtol=0.1, atol=0)
    assert not model.head.label.bias.any()
    with pytest.raises(ValueError, match="dim=96 is not divisible by heads=5"):
        DeiT(PatchGrid(8, 4), dim=96, depth=2, heads=5, num_classes=2)
    with pytest.raises(ValueError, match="depth=0"):
        DeiT(PatchGrid(8, 4), dim=96, depth=0, heads=2, num_classes=2)
    with pytest.raises(ValueError, match="this model takes"):
        small()(torch.randn(1, 3, 8, 8))
