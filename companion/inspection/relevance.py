"""Attention weighted by its gradient: which tokens speak for one class?

Axes: b batch, h heads, n tokens.
"""

from collections.abc import Sequence

import torch
from einops import reduce
from torch import Tensor

from companion.inspection.maps import precise
from companion.inspection.record import AttentionMap
from companion.inspection.rollout import require_square


def relevance(maps: Sequence[AttentionMap], target: Tensor) -> Tensor:
    """How much each input token speaks for `target` through each output token: (b, n, n).

    A weight counts by how much `target` would rise with it; what would fall is cut off at zero.
    Layer by layer, R becomes R + mean over heads of (gradient * weight)+ times R, from R = 1.
    `from_class_token` takes a classifier's map out of it. The graph is kept, so that other
    targets can follow; it goes when `maps` does.
    Source: Chefer et al. 2021, https://arxiv.org/abs/2103.15679, equations 5 and 6.

    Args:
        maps: of one call of the model, first layer first, recorded with gradients on.
        target: one number made from the same call's output, such as `logits[:, 3].sum()`. Images
            of a batch do not mix, so that the sum gives each its own.

    Raises:
        ValueError: there is no map, a map is not (b, h, n, n) or of another size than the first,
            `target` is not one number, or there is no graph from it to each layer's weights.
    """
    require_square(maps)
    if target.numel() != 1:
        raise ValueError(
            f"target has shape {tuple(target.shape)}: give one number, such as logits[:, 3].sum()"
        )
    without = [m.layer for m in maps if not m.weights.requires_grad]
    if without or not target.requires_grad:
        raise ValueError(
            f"{', '.join(without) or 'the target'} has no graph: record with gradients on, outside "
            "torch.no_grad and torch.inference_mode"
        )
    gradients = torch.autograd.grad(
        target, [m.weights for m in maps], retain_graph=True, allow_unused=True
    )
    first = precise(maps[0].weights)
    own = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device)
    related = own.expand(len(first), -1, -1)
    for attention, gradient in zip(maps, gradients, strict=True):
        if gradient is None:
            raise ValueError(
                f"the target does not depend on {attention.layer}: make it from the output of the "
                "call that was recorded"
            )
        speaks = (precise(gradient) * precise(attention.weights.detach())).clamp_min(0)
        related = related + reduce(speaks, "b h q k -> b q k", "mean") @ related
    return related
