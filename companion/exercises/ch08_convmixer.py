"""Checks for the exercises of chapter 08; each names the mistake that an attempt most likely has.

Axes: b batch, d dim, y and x the patch grid, c channels of the image.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.exercises.attempts import (
    near,
    refuse,
    require_count,
    require_equal,
    require_shape,
)
from companion.lessons.exercises import Mistake, exercise
from companion.models import ConvMixer
from companion.parts import PatchGrid


@exercise("08.1 A convolution by hand")
def check_depthwise(attempt: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Judge a function (image (b, d, y, x), kernels (d, k, k)) -> (b, d, y, x), zero beyond."""
    torch.manual_seed(0)
    for size in (3, 5):
        image, kernels = torch.randn(2, 3, 6, 7), torch.randn(3, size, size)
        got = require_shape(attempt(image.clone(), kernels.clone()), image.shape)
        _judge_depthwise(got, image, kernels)
    return "Each channel by its own kernel, and as large as before."


def _judge_depthwise(got: Tensor, image: Tensor, kernels: Tensor) -> None:
    half = kernels.shape[-1] // 2

    def by(weights: Tensor, pixels: Tensor = image) -> Tensor:
        return F.conv2d(pixels, weights[:, None], padding=half, groups=3)

    right = by(kernels)
    around = F.pad(image, (half, half, half, half), mode="circular")
    repeated = F.pad(image, (half, half, half, half), mode="replicate")
    likely = {
        "The kernels are turned over: deep learning's convolution lays them on as they are.": by(
            kernels.flip(1, 2)
        ),
        "The kernels are transposed: their rows go down the image.": by(kernels.mT),
        "The channels are summed: that is a full convolution, not a depthwise one.": right.sum(
            1, keepdim=True
        ).expand_as(right),
        "Every channel got the first kernel: each has its own.": by(kernels[:1].expand(3, -1, -1)),
        "Beyond the edge the other side came in: put zeros there.": F.conv2d(
            around, kernels[:, None], groups=3
        ),
        "Beyond the edge the last pixel was repeated: put zeros there.": F.conv2d(
            repeated, kernels[:, None], groups=3
        ),
    }
    otherwise = (
        "Some sums are wrong. For a place (y, x) multiply the window around it with the kernel of "
        "that channel and add up."
    )
    require_equal(got, right, likely, otherwise, case=f"With kernels of {2 * half + 1}: ")


@exercise("08.2 Count without building")
def check_count(attempt: Callable[..., int]) -> str:
    """Judge a function (grid, dim, depth, kernel_size, num_classes) -> number of parameters."""
    for sizes in (PatchGrid(224, 7), 768, 32, 7, 1000), (PatchGrid(16, 2, 1), 24, 3, 5, 7):
        _judge_count(attempt(*sizes), *sizes)
    return "Right for two sizes, one of them the paper's."


def _judge_count(
    got: int, grid: PatchGrid, dim: int, depth: int, kernel_size: int, num_classes: int
) -> None:
    with torch.device("meta"):
        model = ConvMixer(
            grid, dim=dim, depth=depth, kernel_size=kernel_size, num_classes=num_classes
        )
    right = sum(p.numel() for p in model.parameters())
    squared = kernel_size**2
    likely = {
        dim: "the bias of the patch embedding",
        2 * dim: "the norm behind the patch embedding: a scale and a shift",
        3 * dim: "the patch embedding's bias and its norm",
        depth * 4 * dim: "two norms in every block, a scale and a shift each",
        depth * 2 * dim: "a norm or the two biases in every block",
        depth * dim: "a bias of dim in every block: both convolutions have one",
        num_classes: "the head's bias",
        (2 + 4 * depth) * dim: "the norms: a scale and a shift each",
        (1 + 2 * depth) * dim: "a bias in every convolution",
        depth * squared * dim * (1 - dim): "the depthwise kernels: one a channel, not dim",
        depth * dim * (squared - kernel_size): "the kernels: kernel_size squared weights each",
    }
    case = f"dim={dim}, depth={depth}, kernel_size={kernel_size}"
    require_count(got, right, likely, case, "a block")


@exercise("08.3 How far it sees")
def check_reach(attempt: Callable[[int, int, int], int]) -> str:
    """Judge a function (depth, kernel_size, patch_size) -> pixels in a row that a place sees."""
    for depth, kernel, patch in ((3, 5, 4), (2, 5, 1), (1, 3, 1), (32, 7, 7)):
        got, right = attempt(depth, kernel, patch), patch * (depth * (kernel - 1) + 1)
        if got == right:
            continue
        case = f"depth={depth}, kernel_size={kernel}, patch_size={patch}: "
        likely = {
            depth * (kernel - 1) + 1: "These are places, not pixels: a place is a patch wide.",
            patch * depth * kernel: "Each block adds kernel_size - 1 places, not kernel_size.",
            patch * depth * (kernel - 1): "The place itself is seen too.",
            patch * (depth * (kernel // 2) + 1): "It looks to both sides.",
            patch * kernel**depth: "Each block adds places, it does not multiply them.",
            depth * (kernel - 1) + patch: "Each further place is a whole patch of pixels.",
        }
        hint = likely.get(got, "Start with one block: how many places does a kernel cover?")
        raise Mistake(f"{case}{got} instead of {right}. {hint}")
    return "The published ConvMixer-768/32 could see 1,351 pixels, six times its image."


@exercise("08.4 The last norm goes into the head")
def check_fold(attempt: Callable[[ConvMixer], nn.Linear]) -> str:
    """Judge a function of a ConvMixer that gives the linear map to put behind its last GELU."""
    model = _stirred()
    norm, head = _last_norm(model), model.head
    got = attempt(model)
    if not isinstance(got, nn.Linear):
        raise Mistake(f"Return an nn.Linear, not {type(got).__name__}.")
    require_shape(got.weight, head.weight.shape)
    if got.bias is None:
        raise Mistake("It needs a bias: the norm shifts, and the head has one.")
    if model.head is not head or _last_norm(model) is not norm:
        raise Mistake("The model was changed: make a new nn.Linear and leave the model alone.")
    variance, mean = norm.running_var, norm.running_mean
    assert variance is not None
    assert mean is not None
    deviation = (variance + norm.eps).sqrt()
    scale = norm.weight / deviation
    likely = {
        "The running variance is a square: divide by its root.": norm.weight / deviation**2,
        "The norm's own scale is missing.": 1 / deviation,
        "The deviation is missing: divide by the root of the running variance.": norm.weight,
        "Nothing is folded: these are the head's own weights.": torch.ones_like(scale),
    }
    wrong = {words: head.weight * factor for words, factor in likely.items()}
    otherwise = "Each column of the head's weights is scaled by its channel's norm."
    require_equal(got.weight, head.weight * scale, wrong, otherwise, case="Weights: ")
    shift = norm.bias - mean * scale
    wrong = {
        "the head's own bias is missing.": head.weight @ shift,
        "what the norm shifts passes through the head's weights.": head.bias,
        "the running mean is missing.": head.bias + head.weight @ norm.bias,
        "the running mean is subtracted, not added.": head.bias
        + head.weight @ (norm.bias + mean * scale),
    }
    right = head.bias + head.weight @ shift
    require_equal(got.bias, right, wrong, "What is left where the input is zero?", case="Bias: ")
    return "One layer fewer, and the same logits."


def _last_norm(model: ConvMixer) -> nn.BatchNorm2d:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)][-1]


def _stirred() -> ConvMixer:
    """A small ConvMixer whose norms have seen something."""
    torch.manual_seed(0)
    model = ConvMixer(PatchGrid(8, 2, 1), dim=6, depth=2, kernel_size=3, num_classes=4).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight.data, module.bias.data):
                assert tensor is not None
                tensor.normal_()
            assert module.running_var is not None
            module.running_var.uniform_(0.2, 3.0)
    return model


@exercise("08.5 Patches that overlap")
def check_overlap(attempt: Callable[[PatchGrid, int], nn.Conv2d]) -> str:
    """Judge a function (grid, dim) -> a convolution that reads windows of twice the patch size."""
    for grid in (PatchGrid(16, 2, 1), PatchGrid(32, 4)):
        stem = attempt(grid, 12)
        if not isinstance(stem, nn.Conv2d):
            raise Mistake(f"Return an nn.Conv2d, not {type(stem).__name__}.")
        images = torch.rand(2, grid.channels, grid.image_size, grid.image_size)
        got, size = stem(images), 2 * grid.patch_size
        if stem.kernel_size != (size, size):
            raise Mistake(f"The kernel is {stem.kernel_size}: twice the patch is {size}.")
        if got.shape[2:] != (grid.rows, grid.columns):
            raise Mistake(
                f"The grid is {tuple(got.shape[2:])} instead of {(grid.rows, grid.columns)}: move "
                "by one patch, and pad by half a patch on each side."
            )
        require_shape(got, (2, 12, grid.rows, grid.columns))
    if near(stem.weight, torch.zeros_like(stem.weight)):
        raise Mistake("Its weights are zero: leave them as torch starts them.")
    refuse(got, {"It answers the same everywhere.": got[:, :, :1, :1].expand_as(got)})
    return "Now put it into a ConvMixer's `embed[0]`, train it, and shift by half a patch."
