"""From scores to weights: the softmax that masks, and the weights of scaled dot products.

Axes: b batch, h heads, e dim of one head, q and k query and key positions.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from einops import rearrange
from torch import Tensor


def masked_softmax(scores: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    """Softmax over the last axis where `attn_mask` is True, 0 elsewhere: (..., k) -> (..., k).

    A row that may attend to nothing is all 0. Computed, and given back, in single precision at
    least: half precision would round small weights away.
    """
    exact = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if attn_mask is None:
        return exact.softmax(dim=-1)
    # The lowest finite number, not -inf: a row of nothing but -inf would become nan. The second
    # fill takes away the even weights that such a row gets instead.
    lowest = torch.finfo(exact.dtype).min
    return exact.masked_fill(~attn_mask, lowest).softmax(dim=-1).masked_fill(~attn_mask, 0.0)


def attention_weights(q: Tensor, k: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    """How much each query takes from each key: softmax((q / sqrt(e)) k^T).

    Shapes: (b, h, q, e), (b, h, k, e) -> (b, h, q, k), of the queries' type. Rows sum to one,
    except that a query which may attend to nothing takes nothing. Scores are products of scaled
    queries in single precision at least, as in torch's fused kernel: in half precision a product
    of two large vectors would be infinite, and its weights nan.
    Source: Vaswani et al. 2017, equation 1.
    """
    exact = torch.promote_types(q.dtype, torch.float32)
    scaled, keys = q.to(exact) * q.shape[-1] ** -0.5, rearrange(k.to(exact), "b h k e -> b h e k")
    with _full_precision(q.device.type):
        scores = scaled @ keys
    return masked_softmax(scores, attn_mask).to(q.dtype)


def _full_precision(device: str) -> AbstractContextManager[object]:
    """Keeps mixed precision from taking a product in half precision again."""
    if not torch.amp.is_autocast_available(device):  # such as meta, where nothing is computed
        return nullcontext()
    return torch.autocast(device, enabled=False)
