"""Which tokens look at which: one kind of attention, checked and ready to be packed.

Axes: b batch, h heads, l layers, m maps of a layer, q and k query and key tokens.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from companion.inspection.record import AttentionMap
from companion.viz.explorer.pack import (
    choose_one,
    layer_numbers,
    pack_maps,
    require_one_shape,
    with_rollout,
)
from companion.viz.explorer.tokens.names import segments_of, special_of, visible

EXACT, TWICE = 3, 2.0  # how many keys at most, and by how much they draw more than is even

Maps = Sequence[AttentionMap | Any]


@dataclass(frozen=True)
class Line:
    """A sequence of tokens, as it is shown.

    Attributes:
        tokens: what they are called.
        special: whether each is one of the model's own, such as [CLS].
        segments: which sentence each is of, from 0.
    """

    tokens: list[str]
    special: list[bool]
    segments: list[int]


@dataclass(frozen=True)
class Kind:
    """One kind of attention: who looks at whom, and the weights.

    Attributes:
        name: such as "encoder" or "decoder to encoder".
        queries: those that look.
        keys: those that are looked at; the same object where tokens look at each other.
        layers: names of the layers.
        maps: (l, m, q, k), the rollout being the last map of a layer where tokens look at each
            other.
        hidden: (q, k), where no head of any layer puts any weight, as behind a mask.
    """

    name: str
    queries: Line
    keys: Line
    layers: list[str]
    maps: Tensor
    hidden: Tensor

    @property
    def heads(self) -> int:
        """How many heads a layer has."""
        return self.maps.shape[1] - (self.queries is self.keys)

    @property
    def first(self) -> int:
        """Who is shown at first: the first token, or the last that is no padding.

        The last where the first may look at one alone, as behind a causal mask.
        """
        if (~self.hidden[0]).sum() > 1:
            return 0
        seen = ~self.hidden.all(dim=0 if self.queries is self.keys else 1)
        return int(seen.nonzero().max()) if seen.any() else 0

    def facts(self, levels: int) -> dict[str, object]:
        """What the script needs. Keys that draw much keep exact weights, and come first."""
        drawn = self.maps.double().mean(dim=(0, 1, 2))
        ranked = drawn.argsort(descending=True, stable=True)
        most = min(EXACT, len(ranked) - 1)
        exact = int((drawn[ranked[:most]] > TWICE * drawn.mean()).sum())
        order = ranked[:exact].tolist() + sorted(ranked[exact:].tolist())
        return {
            "name": self.name,
            "own": self.queries is self.keys,
            "queries": vars(self.queries),
            "keys": vars(self.keys),
            "layers": self.layers,
            "numbers": layer_numbers(self.layers),
            "maps": self.maps.shape[1],
            "first": self.first,
            "hidden": self.hidden.flatten().nonzero().flatten().tolist(),
            "order": order,
            "exact": exact,
            "levels": levels,
            "weights": pack_maps(self.maps[..., order].contiguous(), exact, levels),
        }


def line_of(
    name: str,
    tokens: Sequence[str],
    segments: Sequence[int] | Tensor | None,
    special: Collection[str] | None,
) -> Line:
    """A sequence, checked.

    Raises:
        ValueError: there is no token, one is no text, or the segments are not as many.
    """
    texts = list(tokens)
    wrong = [token for token in texts if not isinstance(token, str)]
    if isinstance(tokens, str) or wrong or not texts:
        raise ValueError(
            f"tokens of {name}: {str(tokens)[:60]!r} is no list of texts: give for example "
            "tokenizer.convert_ids_to_tokens(ids)"
        )
    own = special_of(texts, special)
    if segments is None:
        return Line([visible(token) for token in texts], own, segments_of(texts, own))
    given = [int(segment) for segment in segments]
    if len(given) != len(texts):
        raise ValueError(f"{len(given)} segments for the {len(texts)} tokens of {name}")
    known = sorted(set(given))
    return Line([visible(token) for token in texts], own, [known.index(each) for each in given])


def kind_of(name: str, queries: Line, keys: Line, maps: Maps, index: int | None) -> Kind:
    """One kind of attention, checked.

    Raises:
        ValueError: there is no map, maps differ in shape, are no weights or not of these tokens,
            or hold a batch of which no text is chosen.
    """
    heard = [_as_map(attention, at) for at, attention in enumerate(maps)]
    shape = require_one_shape(heard)
    if shape[2:] != (len(queries.tokens), len(keys.tokens)):
        raise ValueError(
            f"weights of {shape[2]} queries and {shape[3]} keys for the {len(queries.tokens)} and "
            f"{len(keys.tokens)} tokens of {name}: give every token that the model read, special "
            "ones and padding too, or cut the weights"
        )
    one = choose_one(heard, index, "texts")
    heads = torch.stack([attention.weights[0] for attention in one])
    stacked = with_rollout(one) if queries is keys else heads
    hidden = (heads == 0).flatten(0, 1).all(dim=0)
    return Kind(name, queries, keys, [each.layer for each in one], stacked, hidden)


def _as_map(attention: AttentionMap | Any, at: int) -> AttentionMap:
    """What was recorded, or weights of any library, as one layer's map."""
    if isinstance(attention, AttentionMap):
        return attention
    weights = attention if isinstance(attention, Tensor) else torch.as_tensor(np.array(attention))
    return AttentionMap(f"layers.{at}", weights, None)


def named(
    tokens: Sequence[str] | Mapping[str, Sequence[str]],
    maps: Maps | Mapping[str | tuple[str, str], Maps],
) -> tuple[dict[str, Sequence[str]], dict[tuple[str, str], Maps]]:
    """Sequences by name, and maps by the names of who looks and at whom.

    Raises:
        ValueError: maps are of a sequence that is not given, or a name stands alone.
    """
    if not isinstance(tokens, Mapping) and not isinstance(maps, Mapping):
        return {"tokens": tokens}, {("tokens", "tokens"): maps}
    if not isinstance(tokens, Mapping) or not isinstance(maps, Mapping) or not maps:
        raise ValueError(
            'name both or neither, as in {"encoder": read, "decoder": written} and '
            '{"encoder": maps, ("decoder", "encoder"): cross}'
        )
    pairs = {(who, who) if isinstance(who, str) else who: each for who, each in maps.items()}
    unknown = sorted({name for pair in pairs for name in pair} - set(tokens))
    if unknown:
        raise ValueError(f"maps of {unknown}, but tokens of {[*tokens]}: give the tokens of each")
    return dict(tokens), pairs
