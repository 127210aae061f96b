"""Words and the same words backwards, where every symbol's place in the other is known."""

from collections.abc import Sequence

import numpy as np
import torch

from companion.checks import require_positive, require_seed
from companion.data.text.sequences import BEGIN, END, PAD, SequenceSet, Vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_reversals(
    count: int, *, lengths: Sequence[int], symbols: int = 26, seed: int
) -> SequenceSet:
    """`count` random words and the same words backwards: "abc" -> "cba".

    Args:
        count: how many pairs.
        lengths: those to draw from, each as likely, such as range(1, 17), or [8] for one length.
        symbols: how many letters the words are made of.
        seed: the same gives the same pairs.

    Raises:
        ValueError: there are no pairs, lengths or symbols, or more symbols than 26 letters.
    """
    require_positive(count=count)
    require_seed(seed)
    if len(lengths) == 0 or min(lengths) < 1:
        raise ValueError(f"lengths={list(lengths)}: give some, each of at least 1")
    if not 1 <= symbols <= len(LETTERS):
        raise ValueError(f"symbols={symbols}: there are 1 to {len(LETTERS)} letters")
    draws = np.random.default_rng(seed)
    length = torch.from_numpy(draws.choice(np.array(lengths), size=count))[:, None]
    places = torch.arange(max(lengths))[None]
    inside = places < length
    letters = torch.from_numpy(draws.integers(3, 3 + symbols, size=(count, max(lengths))))
    sources = letters.where(inside, PAD)
    mirrored = (length - 1 - places).clamp_min(0)
    backwards = sources.gather(1, mirrored).where(inside, PAD)
    targets = torch.nn.functional.pad(backwards, (1, 1), value=PAD)
    targets[:, 0] = BEGIN
    targets.scatter_(1, length + 1, END)
    vocabulary = Vocabulary(tuple(LETTERS[:symbols]))
    return SequenceSet(
        sources=sources,
        targets=targets,
        source_parts=(places + 1).where(inside, 0),
        target_parts=(mirrored + 1).where(inside, 0),
        source_vocabulary=vocabulary,
        target_vocabulary=vocabulary,
    ).subset(range(count))
