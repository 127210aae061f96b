"""Three ways to translate, with about as many parameters each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from companion.cost.measures import count_parameters
from companion.models.seq2seq import FixedSummary, Seq2Seq
from companion.models.transformer import Transformer
from companion.parts.attention.additive import AdditiveAttention

TRANSFORMER, ATTENTION, BOTTLENECK = "Transformer", "RNN with attention", "RNN without attention"
NAMES = (BOTTLENECK, ATTENTION, TRANSFORMER)
# How far from the Transformer's number of parameters the others may lie.
ALLOWED = 0.05


@dataclass(frozen=True)
class Sizes:
    """What is to be built.

    Args:
        vocabulary: ids of the source, and as many of the target.
        dim: the Transformer's width; the RNNs' widths follow from its number of parameters.
        depth: the Transformer's layers, in the encoder and again in the decoder.
        heads: its heads.
        max_length: tokens in the longest sentence, begin and end counted.
        dropout: the Transformer's; the RNNs have none.
    """

    vocabulary: int
    dim: int
    depth: int
    heads: int
    max_length: int
    dropout: float


class Unequal(ValueError):
    """The models cannot be made about equally large."""


def translators(sizes: Sizes) -> Mapping[str, Callable[[], nn.Module]]:
    """What makes each of the three models, new weights at every call.

    Raises:
        Unequal: no width makes an RNN as large as the Transformer, within 5 %.
    """
    transformer = partial(_transformer, sizes)
    with torch.device("meta"):
        budget = count_parameters(transformer())
    builders: dict[str, Callable[[], nn.Module]] = {}
    for name, attention in ((BOTTLENECK, False), (ATTENTION, True)):
        build = partial(_rnn, sizes, attention)
        builders[name] = partial(build, nearest_width(build, budget))
    return {**builders, TRANSFORMER: transformer}


def nearest_width(build: Callable[[int], nn.Module], budget: int) -> int:
    """The even width whose model has the number of parameters nearest to `budget`.

    Raises:
        Unequal: that number is still further off than 5 %.
    """
    with torch.device("meta"):
        low, high = 2, 4
        while count_parameters(build(high)) < budget:
            low, high = high, 2 * high
        while high - low > 2:
            middle = (low + high) // 4 * 2
            low, high = (
                (low, middle) if count_parameters(build(middle)) > budget else (middle, high)
            )
        counts = {width: count_parameters(build(width)) for width in (low, high)}
    width = min(counts, key=lambda width: abs(counts[width] - budget))
    if abs(counts[width] / budget - 1) > ALLOWED:
        raise Unequal(
            f"a width of {width} gives {counts[width]:,} parameters for a budget of {budget:,}, "
            f"further off than {ALLOWED:.0%}: choose a larger Transformer"
        )
    return width


def _transformer(sizes: Sizes) -> nn.Module:
    return Transformer(
        sizes.vocabulary,
        sizes.vocabulary,
        dim=sizes.dim,
        depth=sizes.depth,
        heads=sizes.heads,
        max_length=sizes.max_length,
        dropout=sizes.dropout,
    )


def _rnn(sizes: Sizes, attention: bool, width: int) -> nn.Module:
    looks_back = AdditiveAttention(query_dim=width, value_dim=2 * width, dim=width)
    return Seq2Seq(
        sizes.vocabulary,
        sizes.vocabulary,
        dim=width,
        hidden_dim=width,
        attention=looks_back if attention else FixedSummary(),
    )
