"""What the hidden units of token MLPs read: weights laid out as images, and numbers of them.

Axes: u hidden units, n places, y and x the patch grid.
"""

import torch
from einops import rearrange
from torch import Tensor

from companion.parts.classifier import PatchClassifier
from companion.parts.mixing.token_mlp import TokenMLP


def token_units(model: PatchClassifier) -> list[Tensor]:
    """The weight that each hidden unit of each token MLP gives each place, as images.

    One tensor (u, y, x) for each token MLP, from the first block on; a copy, without gradient.
    Source: Tolstikhin et al. 2021, figure 5, https://arxiv.org/abs/2105.01601.

    Raises:
        ValueError: the model has no token MLP.
    """
    grid = model.embed.grid
    mixers = [part for part in model.modules() if isinstance(part, TokenMLP)]
    if not mixers:
        raise ValueError(f"{type(model).__name__} has 0 token MLPs: give a model that mixes so")
    weights = [mixer.mlp.expand.weight.detach().clone() for mixer in mixers]
    return [rearrange(each, "u (y x) -> u y x", y=grid.rows) for each in weights]


def neighbour_correlation(units: Tensor) -> float:
    """How alike the weights of places beside or above each other are: (u, y, x) -> -1 to 1.

    The correlation over all such pairs of all units: near 1 where pictures are smooth, about 0
    where they are noise, below 0 where they are speckled.

    Raises:
        ValueError: units are not (u, y, x) with at least two rows and columns, or all weights are
            the same.
    """
    _require_images(units)
    centred = units - units.mean()
    variance = centred.square().mean()
    if variance == 0:
        raise ValueError(f"all {units.numel()} weights are the same: there is nothing to correlate")
    beside = (centred[:, :, 1:] * centred[:, :, :-1]).flatten()
    above = (centred[:, 1:] * centred[:, :-1]).flatten()
    return float(torch.cat([beside, above]).mean() / variance)


def likeliest_neighbours(units: Tensor) -> Tensor:
    """For each place, the place that the units treat most alike: (u, y, x) -> (n,) places.

    Alike is the correlation, over the units, of the weights that two places get; a place whose
    weights are all the same is like no other.

    Raises:
        ValueError: units are not (u, y, x) with at least two of each.
    """
    _require_images(units)
    if len(units) < 2:
        raise ValueError(f"{len(units)} units: a correlation over them needs at least 2")
    places = rearrange(units, "u y x -> (y x) u")
    alike = torch.corrcoef(places.double()).nan_to_num(-1.0).fill_diagonal_(-2.0)
    return alike.argmax(dim=1)


def share_beside(found: Tensor, *, columns: int) -> float:
    """How many of the places found, one for each place, lie beside or above it: (n,) -> 0 to 1.

    Raises:
        ValueError: the places do not fill whole rows.
    """
    if columns < 1 or len(found) % columns:
        raise ValueError(f"{len(found)} places do not fill rows of {columns}: give the columns")
    places = torch.arange(len(found))
    down = (found // columns - places // columns).abs()
    right = (found % columns - places % columns).abs()
    return float((down + right == 1).double().mean())


def _require_images(units: Tensor) -> None:
    if units.ndim != 3 or min(units.shape[1:]) < 2 or not len(units):
        raise ValueError(f"units have shape {tuple(units.shape)}: give (units, rows, columns)")
