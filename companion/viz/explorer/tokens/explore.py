"""Touch a token and see where it looks: the attention of a text as a page that stands by itself."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from companion.viz.explorer.explorer import AttentionExplorer, fitted
from companion.viz.explorer.pack import encoded
from companion.viz.explorer.tokens.kinds import Kind, Line, Maps, kind_of, line_of, named
from companion.viz.style import heat_map

SIDE = 360
Segments = Sequence[int] | Tensor


def explore_tokens(
    tokens: Sequence[str] | Mapping[str, Sequence[str]],
    maps: Maps | Mapping[str | tuple[str, str], Maps],
    *,
    index: int | None = None,
    segments: Segments | Mapping[str, Segments] | None = None,
    special: Collection[str] | None = None,
    title: str = "Where does each token look?",
    largest: int = 400_000,
) -> AttentionExplorer:
    """Let a reader choose a token, a layer and a head, and see where the token looks.

    Shows who looks at whom as lines between two columns and as a matrix, every layer and head in
    small, two of them side by side, and where tokens look at each other, the rollout as far as
    each layer (Abnar and Zuidema 2020). Pairs that get no weight from any head of any layer, as
    behind a mask, are hatched. Works with mouse, touch, keyboard and screen reader.

    `explore_tokens(tokens, outputs.attentions)` does for one text, whatever library gave the maps.
    Several attentions have names: the encoder's, the decoder's, and the pair of both for where the
    decoder looks at the encoder.

    Args:
        tokens: all that the model read, special ones and padding too; or several sequences by
            name. They are shown as text, whatever they hold.
        maps: of one call, a recorded map or weights (b, h, q, k) for each layer, in order; or such
            by the name of the sequence whose tokens look at each other, or by the names of who
            looks and at whom.
        index: which text of the batch; may be left out where there is one.
        segments: which sentence each token is of, such as BERT's `token_type_ids`; where not
            given, a new one begins after each [SEP] or </s>.
        special: tokens of the model's own, such as `tokenizer.all_special_tokens`; where not
            given, those in brackets, as [CLS], </s>, <|end|>.
        title: what stands above it.
        largest: bytes of HTML. Weights are told apart by 255 levels in each row, and by fewer
            only where that is needed to fit; those on up to three tokens that draw twice as much as
            an even share, or more, are exact.

    Raises:
        ValueError: tokens are no texts, maps are missing, differ in shape, are no weights or of
            other tokens; no text of a batch is chosen; a name is unknown; it does not fit.
    """
    texts, pairs = named(tokens, maps)
    lines = {
        name: line_of(name, given, _of(segments, name), special) for name, given in texts.items()
    }
    kinds = [
        kind_of(_name(who, whom), lines[who], lines[whom], given, index)
        for (who, whom), given in pairs.items()
    ]
    words = _words({name: lines[name] for pair in pairs for name in pair}, kinds)
    size = " and ".join(
        f"{len(kind.layers)} layers of {kind.heads} heads on {len(kind.queries.tokens)} tokens"
        for kind in kinds
    )
    return fitted(
        "tokens",
        lambda levels: [kind.facts(levels) for kind in kinds],
        _still(kinds[0]),
        title,
        words,
        size,
        largest,
    )


def _of(segments: Segments | Mapping[str, Segments] | None, name: str) -> Segments | None:
    return segments.get(name) if isinstance(segments, Mapping) else segments


def _name(who: str, whom: str) -> str:
    return who if who == whom else f"{who} to {whom}"


def _mean(kind: Kind) -> Tensor:
    """The last layer's heads, averaged: (q, k)."""
    return kind.maps[-1, : kind.heads].mean(dim=0)


def _still(kind: Kind) -> str:
    """The last layer's mean as a picture: a row for each token that looks."""
    mean = _mean(kind)
    zoom = max(1, SIDE // max(mean.shape))
    share = (mean / mean.max().clamp_min(1e-30)).repeat_interleave(zoom, 0)
    drawn = heat_map()(share.repeat_interleave(zoom, 1).numpy())[..., :3]
    return encoded(torch.from_numpy(drawn), "PNG", colours=64)


def _words(lines: Mapping[str, Line], kinds: Sequence[Kind]) -> str:
    """What is to be seen at first: where a token looks in the last layer."""
    told = "; ".join(
        f"{len(line.tokens)} {'' if name == 'tokens' else f'{name} '}tokens: "
        + " ".join(line.tokens)
        for name, line in lines.items()
    )
    first = kinds[0]
    sizes = ", ".join(
        f"{'' if kind.name == 'tokens' else f'{kind.name}, '}{len(kind.layers)} "
        f"layer{'s' * (len(kind.layers) > 1)} of {kind.heads} head{'s' * (kind.heads > 1)}"
        for kind in kinds
    )
    query, mean = first.first, _mean(first)
    most = int(mean[query].argmax())
    return (
        f"{told}. Their attention: {sizes}. In the last layer, heads averaged, "
        f"“{first.queries.tokens[query]}”, number {query + 1}, looks most at "
        f"“{first.keys.tokens[most]}”, number {most + 1}. In the picture a row is a token that "
        "looks, a column one that is looked at."
    )
