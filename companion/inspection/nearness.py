"""Whether what belongs to near places is alike: of position vectors, and of patches.

Axes: n places, y and x the patch grid, b images, d numbers of a patch.
"""

import torch
from torch import Tensor

from companion.inspection.gradients import rank_correlation


def place_distances(rows: int, columns: int) -> Tensor:
    """How far places of a grid are apart, in patches: (n, n), n = rows * columns."""
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    return torch.cdist(places, places)


def follows_nearness(likeness: Tensor) -> float:
    """Rank correlation of likeness and nearness over all pairs of two places, from -1 to 1.

    Args:
        likeness: (n, y, x) with n = y * x, of each place with every other, as of
            `position_similarity`. A place with itself is left out.

    Raises:
        ValueError: there are not as many maps as places in a map.
    """
    n, rows, columns = likeness.shape
    if n != rows * columns:
        raise ValueError(f"{n} maps of {rows}x{columns}: expected {rows * columns}")
    others = ~torch.eye(n, dtype=torch.bool)
    near = -place_distances(rows, columns)[others]
    return float(rank_correlation(likeness.cpu().flatten(1)[others][None], near[None]))


def foretold(patches: Tensor) -> Tensor:
    """How well each patch foretells every other by a linear map, as held-out R²: (n, n).

    Rows foretell columns. The map, with a constant, is fitted on the first half of the images and
    judged on the second: 1 is a perfect prediction, 0 that of the first half's mean.

    Args:
        patches: (b, n, d), as of `to_patches`.

    Raises:
        ValueError: there are fewer than four images.
    """
    images, n, _ = patches.shape
    if images < 4:
        raise ValueError(f"{images} images: give at least 4, half of them to judge by")
    exact, half = patches.cpu().double(), images // 2
    around = exact - exact[:half].mean(dim=0)
    spread = around[half:].square().sum(dim=(0, 2))
    found = torch.empty(n, n, dtype=torch.float64)
    for i in range(n):
        # Pixels that are always 0 leave many solutions: the pseudo-inverse takes the smallest.
        inverse = torch.linalg.pinv(around[:half, i])
        fitted = torch.einsum("db,bne->dne", inverse, around[:half])
        missed = around[half:] - torch.einsum("bd,dne->bne", around[half:, i], fitted)
        found[i] = 1 - missed.square().sum(dim=(0, 2)) / spread
    return found.to(patches)
