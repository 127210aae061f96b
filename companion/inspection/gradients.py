"""The rival of attention: which pixels, if changed, would change the answer?

Axes: b batch, c channels, v u pixels, y x the patch grid.
"""

import torch
from einops import rearrange, reduce
from torch import Tensor, nn


def input_gradient(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    """How each image's logit of its target rises with each pixel: (b, c, v, u).

    The parameters' own gradients stay as they are. Source: Simonyan et al. 2014,
    https://arxiv.org/abs/1312.6034, section 3.

    Args:
        model: images to logits (b, classes), in `eval` mode.
        images: (b, c, v, u).
        targets: (b,), a class for each image.

    Raises:
        ValueError: targets and images are not as many, a class does not exist, or gradients are
            impossible because of `torch.inference_mode`.
    """
    if targets.shape != images.shape[:1]:
        raise ValueError(
            f"targets of shape {tuple(targets.shape)} for {len(images)} images: give a class each"
        )
    if torch.is_inference_mode_enabled():
        raise ValueError("there are no gradients in torch.inference_mode: call outside of it")
    with torch.enable_grad():
        pixels = images.detach().clone().requires_grad_()
        logits = model(pixels)
        classes = logits.shape[1]
        if not bool(((targets >= 0) & (targets < classes)).all()):
            low, high = targets.min().item(), targets.max().item()
            raise ValueError(f"targets from {low} to {high}: classes are 0 to {classes - 1}")
        chosen = logits.gather(1, targets[:, None]).sum()
        return torch.autograd.grad(chosen, pixels)[0]


def sum_by_patch(pixels: Tensor, patch_size: int) -> Tensor:
    """What lies on each patch, added up over pixels and channels: (b, c, v, u) -> (b, y, x).

    A map of gradients is `sum_by_patch(gradient.abs(), p)`, one of gradient times input
    `sum_by_patch(gradient * images, p)`, whose sign says for or against.

    Raises:
        ValueError: the pixels are not (b, c, v, u), or patches do not divide them.
    """
    if pixels.ndim != 4 or patch_size < 1:
        raise ValueError(
            f"pixels of shape {tuple(pixels.shape)} in patches of {patch_size}: give (b, c, v, u) "
            "and a patch_size of at least 1"
        )
    height, width = pixels.shape[2:]
    if height % patch_size or width % patch_size:
        raise ValueError(f"{height}x{width} pixels are not divisible by patch_size={patch_size}")
    return reduce(pixels, "b c (y p) (x q) -> b y x", "sum", p=patch_size, q=patch_size)


def rank_correlation(first: Tensor, second: Tensor) -> Tensor:
    """How far two maps put their cells in the same order, image by image: (b, ...) -> (b,).

    Spearman's coefficient: 1 for the same order, -1 for the reverse, about 0 where they have
    nothing to do with each other. In double precision.

    Raises:
        ValueError: the shapes differ or have one axis, or a map has no order: it is the same
            everywhere, or not finite.
    """
    if first.shape != second.shape or first.ndim < 2 or first.numel() == 0:
        raise ValueError(
            f"maps of shapes {tuple(first.shape)} and {tuple(second.shape)}: give two batches of "
            "maps of the same shape"
        )
    one, other = _centred_ranks(first), _centred_ranks(second)
    return ((one * other).sum(dim=1) / (one.norm(dim=1) * other.norm(dim=1))).to(first.device)


def _centred_ranks(maps: Tensor) -> Tensor:
    """The rank of each value among those of its image, less the mean rank: (b, n).

    Equal values share the mean of their ranks.
    """
    values = rearrange(maps.detach().cpu(), "b ... -> b (...)").contiguous()
    ordered = values.sort(dim=1).values
    useless = ~values.isfinite().all(dim=1) | (ordered[:, 0] == ordered[:, -1])
    if useless.any():
        raise ValueError(
            f"images {useless.nonzero().flatten().tolist()} have a map without order, the same "
            "everywhere or not finite: leave them out"
        )
    below = torch.searchsorted(ordered, values)
    up_to = torch.searchsorted(ordered, values, right=True)
    return (below + up_to).double() / 2 - values.shape[1] / 2  # zeros on average
