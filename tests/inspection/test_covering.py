"""Painting over: exactly the cells around one, at edges too, and nothing else."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import cover_cells


def test_a_square_of_cells_is_painted_and_the_rest_stays():
    images = torch.rand(3, 3, 16, 16)
    cells = torch.tensor([2 * 8 + 3, 0, 63])
    covered = cover_cells(images, cells, grid=8)
    changed = (covered != images).any(dim=1)
    places = [(slice(2, 8), slice(4, 10)), (slice(0, 4), slice(0, 4)), (slice(12, 16),) * 2]
    for number, place in enumerate(places):
        expected = torch.zeros(16, 16, dtype=torch.bool)
        expected[place] = True
        assert torch.equal(changed[number], expected)
        assert_close(covered[number][:, *place], torch.full_like(images[number][:, *place], 0.5))


def test_reach_and_paint_can_be_chosen():
    covered = cover_cells(torch.ones(1, 1, 8, 8), torch.tensor([5]), grid=4, reach=0, value=0.0)
    assert (covered == 0).sum() == 4
    assert (covered[0, 0, 2:4, 2:4] == 0).all()


@pytest.mark.parametrize(
    ("cells", "grid", "match"),
    [
        (torch.tensor([0, 1]), 4, "a cell for each"),
        (torch.tensor([0]), 3, "which the grid divides"),
        (torch.tensor([16]), 4, "0 to 15"),
        (torch.tensor([-1]), 4, "from -1"),
    ],
)
def test_what_does_not_fit_is_refused(cells, grid, match):
    with pytest.raises(ValueError, match=match):
        cover_cells(torch.rand(1, 3, 16, 16), cells, grid=grid)
