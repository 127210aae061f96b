"""Relevance and gradients against finite differences and values that can be worked out."""

import pytest
import torch
from hypothesis import given, strategies as st
from scipy.stats import spearmanr
from torch import nn
from torch.testing import assert_close

from companion.inspection import (
    AttentionMap,
    change_attention,
    from_class_token,
    input_gradient,
    rank_correlation,
    record_attention,
    relevance,
    sum_by_patch,
)
from companion.models import ViT
from companion.parts import CLASS_TOKEN, PatchGrid, TokenLayout


@pytest.fixture
def vit() -> ViT:
    torch.manual_seed(0)
    grid = PatchGrid(4, 2, 1)
    return ViT(grid, dim=8, depth=2, heads=2, num_classes=3).eval().double()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(2, 1, 4, 4, dtype=torch.double, generator=torch.Generator().manual_seed(1))


def slope_by_weight(model, images, layer, index, target):
    """How an image's logit rises with one attention weight, by changing that weight alone."""

    def logit(step):
        def nudge(weights):
            changed = weights.clone()
            changed[index] += step
            return changed

        with torch.no_grad(), change_attention(model, {layer: nudge}):
            return model(images)[index[0], target]

    return (logit(1e-5) - logit(-1e-5)) / 2e-5


def test_relevance_is_that_of_finite_differences(vit, images):
    with record_attention(vit) as maps:
        logits = vit(images)
    related = relevance(maps, logits[:, 2].sum())
    expected = []
    for image in range(2):
        by_hand = torch.eye(5, dtype=torch.double)
        for recorded in maps:
            step = torch.zeros(5, 5, dtype=torch.double)
            for head in range(2):
                for q in range(5):
                    for k in range(5):
                        index = (image, head, q, k)
                        slope = slope_by_weight(vit, images, recorded.layer, index, 2)
                        step[q, k] += max(0.0, (slope * recorded.weights[index]).item()) / 2
            by_hand = by_hand + step @ by_hand
        expected.append(by_hand)
    assert_close(related, torch.stack(expected), atol=1e-8, rtol=1e-6)
    assert not related.requires_grad


def test_relevance_tells_classes_apart_where_rollout_cannot(vit, images):
    with record_attention(vit) as maps:
        logits = vit(images)
    heats = [
        from_class_token(relevance(maps, logits[:, target].sum()), maps[0].layout)
        for target in (0, 1)
    ]
    assert heats[0].shape == (2, 2, 2)
    assert not torch.allclose(*heats, rtol=0.01)


def test_each_image_of_a_batch_has_its_own(vit, images):
    with record_attention(vit) as maps:
        logits = vit(images)
    together = relevance(maps, logits[:, 1].sum())
    with record_attention(vit) as maps:
        logits = vit(images[1:])
    assert_close(together[1:], relevance(maps, logits[:, 1].sum()))


def test_gradients_of_parameters_stay_as_they_are(vit, images):
    with record_attention(vit) as maps:
        relevance(maps, vit(images)[:, 0].sum())
    input_gradient(vit, images, torch.tensor([0, 1]))
    assert all(p.grad is None for p in vit.parameters())


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_relevance_without_a_graph_says_so(vit, images, off):
    with off(), record_attention(vit) as maps:
        logits = vit(images)
    with pytest.raises(ValueError, match=r"blocks\.0\.token_mixer, .* has no graph: record with"):
        relevance(maps, logits[:, 0].sum())


def test_a_target_that_is_no_part_of_the_call_is_refused(vit, images):
    with record_attention(vit) as maps:
        logits = vit(images)
    with pytest.raises(ValueError, match="the target has no graph"):
        relevance(maps, logits.detach()[:, 0].sum())
    with pytest.raises(ValueError, match=r"does not depend on blocks\.0\.token_mixer"):
        relevance(maps, vit(images)[:, 0].sum())
    with pytest.raises(ValueError, match=r"target has shape \(2,\)"):
        relevance(maps, logits[:, 0])
    with pytest.raises(ValueError, match="0 maps"):
        relevance([], logits[:, 0].sum())
    with pytest.raises(ValueError, match=r"\(1, 1, 2, 5\)"):
        relevance([AttentionMap("a", torch.rand(1, 1, 2, 5), None)], logits[:, 0].sum())


def test_frozen_weights_have_no_graph(vit, images):
    vit.requires_grad_(False)
    with record_attention(vit) as maps:
        logits = vit(images)
    with pytest.raises(ValueError, match="has no graph"):
        relevance(maps, logits[:, 0].sum())
    with record_attention(vit) as maps:
        logits = vit(images.requires_grad_())
    assert relevance(maps, logits[:, 0].sum()).shape == (2, 5, 5)


def test_an_input_gradient_is_that_of_finite_differences(vit, images):
    gradient = input_gradient(vit, images, torch.tensor([2, 0]))
    with torch.no_grad():
        for image, target in ((0, 2), (1, 0)):
            for pixel in ((0, 0), (1, 3), (3, 2)):
                step = torch.zeros_like(images)
                step[image, 0, pixel[0], pixel[1]] = 1e-5
                rise = (vit(images + step) - vit(images - step))[image, target] / 2e-5
                assert_close(gradient[image, 0, pixel[0], pixel[1]], rise, atol=1e-8, rtol=1e-6)


def test_a_linear_models_gradient_is_its_weights_also_where_gradients_are_off():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 6, 5))
    images = torch.rand(2, 3, 4, 6)
    with torch.no_grad():
        gradient = input_gradient(model, images, torch.tensor([4, 1]))
    assert_close(gradient, model[1].weight[[4, 1]].detach().reshape(2, 3, 4, 6))
    assert not images.requires_grad


def test_images_made_in_inference_mode_have_gradients_too(vit, images):
    with torch.inference_mode():
        prepared = images * 1
    targets = torch.tensor([0, 1])
    assert_close(input_gradient(vit, prepared, targets), input_gradient(vit, images, targets))


def test_input_gradients_are_refused_with_the_numbers(vit, images):
    with pytest.raises(ValueError, match=r"shape \(1,\) for 2 images"):
        input_gradient(vit, images, torch.tensor([0]))
    with pytest.raises(ValueError, match="targets from 0 to 3: classes are 0 to 2"):
        input_gradient(vit, images, torch.tensor([0, 3]))
    with torch.inference_mode(), pytest.raises(ValueError, match="inference_mode"):
        input_gradient(vit, images, torch.tensor([0, 1]))


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)
)
def test_sums_are_those_of_each_patch(batch, channels, rows, columns, patch):
    pixels = torch.rand(batch, channels, rows * patch, columns * patch)
    sums = sum_by_patch(pixels, patch)
    assert sums.shape == (batch, rows, columns)
    for y in range(rows):
        for x in range(columns):
            cut = pixels[:, :, y * patch : (y + 1) * patch, x * patch : (x + 1) * patch]
            assert_close(sums[:, y, x], cut.flatten(1).sum(1))


@pytest.mark.parametrize(
    ("shape", "patch", "words"),
    [
        ((1, 3, 6, 8), 4, "6x8 pixels are not divisible by patch_size=4"),
        ((3, 6, 6), 2, r"shape \(3, 6, 6\)"),
        ((1, 3, 6, 6), 0, "patches of 0"),
    ],
)
def test_what_has_no_patches_is_refused(shape, patch, words):
    with pytest.raises(ValueError, match=words):
        sum_by_patch(torch.rand(shape), patch)


@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(2, 6))
def test_rank_correlation_is_that_of_scipy_ties_and_all(seed, cells, values):
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(values, (3, cells, 2), generator=generator).float()
    second = torch.randint(values, (3, cells, 2), generator=generator)
    for maps in (first, second):  # none of them the same everywhere
        maps[:, 0, 0], maps[:, 0, 1] = 0, 1
    agreed = rank_correlation(first, second)
    expected = [spearmanr(a.flatten(), b.flatten())[0] for a, b in zip(first, second, strict=True)]
    assert_close(agreed, torch.tensor(expected, dtype=torch.double))


def test_order_alone_counts():
    maps = torch.rand(4, 3, 3)
    assert_close(rank_correlation(maps, maps.exp()), torch.ones(4, dtype=torch.double))
    assert_close(rank_correlation(maps, -maps), -torch.ones(4, dtype=torch.double))


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (torch.rand(2, 3), torch.rand(2, 4), r"\(2, 3\) and \(2, 4\)"),
        (torch.rand(3), torch.rand(3), r"\(3,\) and \(3,\)"),
        (torch.rand(0, 3), torch.rand(0, 3), r"\(0, 3\)"),
        (torch.tensor([[1.0, 2], [3, 3]]), torch.rand(2, 2), r"images \[1\] have a map without"),
        (torch.rand(2, 2), torch.tensor([[1.0, torch.nan], [2, 3]]), r"images \[0\] have a map"),
    ],
)
def test_what_has_no_order_is_refused(first, second, words):
    with pytest.raises(ValueError, match=words):
        rank_correlation(first, second)


def test_layouts_are_kept(vit, images):
    with record_attention(vit) as maps:
        vit(images)
    assert maps[0].layout == TokenLayout((CLASS_TOKEN,), 2, 2)
