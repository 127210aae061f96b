"""Which words of a caption are about which object of the scene.

Axes: b pictures, t words after the begin, n mentions.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.data.scenes.captions import Words
from companion.data.scenes.layout import COLOURS
from companion.data.scenes.scene_set import Scenes
from companion.data.scenes.shapes import SHAPES
from companion.data.text.sequences import END, PAD

Kind = Literal["size", "colour", "shape"]
KINDS: dict[Kind, tuple[str, ...]] = {
    "size": ("large", "small"),
    "colour": tuple(COLOURS),
    "shape": tuple(SHAPES),
}


class Mentions(NamedTuple):
    """Word number `step` of picture `picture` is true of its object `item`: (n,) int64 each."""

    picture: Tensor
    step: Tensor
    item: Tensor


def is_of_kind(tokens: Tensor, kind: Kind, vocabulary: Words) -> Tensor:
    """Where ids are words of a kind: (b, t) -> (b, t) bool."""
    ids = torch.tensor(vocabulary.encode(" ".join(KINDS[kind])))
    return torch.isin(tokens, ids)


def find_mentions(tokens: Tensor, scenes: Scenes, kind: Kind, vocabulary: Words) -> Mentions:
    """The words of a kind that are true of an object in the scene; words true of none are left out.

    Of sizes, "small" means the first small object: ask only where scenes have one.

    Args:
        tokens: (b, t) ids of captions without the begin.
        scenes: b of them.
        kind: "size", "colour" or "shape".
        vocabulary: what the ids mean.

    Raises:
        ValueError: captions and scenes are not as many.
    """
    if len(tokens) != len(scenes):
        raise ValueError(f"{len(tokens)} captions for {len(scenes)} scenes: give one for each")
    ids = torch.tensor(vocabulary.encode(" ".join(KINDS[kind])))
    picture, step, which = (tokens[..., None] == ids).nonzero().T
    sizes = (scenes.shapes >= 0) * torch.arange(scenes.shapes.shape[1]).clamp_max(1)
    numbers = {"size": sizes, "colour": scenes.colours, "shape": scenes.shapes}[kind]
    fits = (numbers[picture] == which[:, None]) & (scenes.shapes[picture] >= 0)
    there = fits.any(dim=1)
    return Mentions(picture[there], step[there], fits[there].byte().argmax(dim=1))


def exactly_right(tokens: Tensor, captions: Tensor) -> Tensor:
    """Which captions are right to the last word: (b,) bool.

    tokens (b, t) end with END, again and again; captions (b, 1 + t) are as in a `CaptionSet`.
    """
    truth = captions[:, 1:].masked_fill(captions[:, 1:] == PAD, END)
    longest = max(tokens.shape[1], truth.shape[1])
    said, wanted = (F.pad(ids, (0, longest - ids.shape[1]), value=END) for ids in (tokens, truth))
    return (said == wanted).all(dim=1)
