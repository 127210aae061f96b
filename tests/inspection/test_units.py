"""Hidden units as images: whose weights they are, how smooth, and which places go together."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import (
    likeliest_neighbours,
    neighbour_correlation,
    share_beside,
    token_units,
)
from companion.models import Hybrid, MLPMixer, ViT
from companion.parts import PatchGrid

GRID = PatchGrid(8, 2, 1)
SIZES = {"dim": 8, "num_classes": 3}


def test_a_unit_is_a_row_of_the_first_matrix_on_its_grid():
    mixer = MLPMixer(GRID, **SIZES, depth=2, token_dim=5)
    units = token_units(mixer)
    assert [each.shape for each in units] == [(5, 4, 4)] * 2
    for block, each in zip(mixer.blocks, units, strict=True):
        first = block.token_mixer.mlp.expand
        first.bias.data.zero_()
        # A patch that is 1 at one place alone finds the weight that the image shows there.
        column = torch.zeros(16)
        column[7] = 1.0
        assert_close(first(column), each[:, 1, 3])


def test_units_are_a_copy_without_gradient():
    mixer = MLPMixer(GRID, **SIZES, depth=1)
    (units,) = token_units(mixer)
    units.zero_()
    assert not units.requires_grad
    assert mixer.blocks[0].token_mixer.mlp.expand.weight.abs().sum() > 0


def test_of_a_hybrid_only_the_token_mlps_are_read():
    mixed = Hybrid(GRID, blocks="mam", heads=2, **SIZES)
    assert len(token_units(mixed)) == 2
    with pytest.raises(ValueError, match="ViT has 0 token MLPs"):
        token_units(ViT(GRID, **SIZES, depth=1, heads=2))


def test_smooth_noisy_and_speckled_pictures():
    torch.manual_seed(0)
    slope = torch.arange(20.0).expand(3, 20, 20)
    assert neighbour_correlation(slope) > 0.9
    assert abs(neighbour_correlation(torch.randn(50, 20, 20))) < 0.03
    board = (torch.arange(20) % 2)[:, None] + (torch.arange(20) % 2)
    assert neighbour_correlation((board % 2).float()[None]) == pytest.approx(-1)


def test_a_column_of_stripes_is_smooth_one_way_only():
    stripes = (torch.arange(20) % 2).float().expand(1, 20, 20)
    assert neighbour_correlation(stripes) == pytest.approx(0, abs=1e-6)


def test_places_that_the_units_treat_alike_find_each_other():
    torch.manual_seed(0)
    units = torch.randn(12, 2, 4)
    units[:, 1, 2] = 3 * units[:, 0, 0] + 1  # a correlation knows no scale
    found = likeliest_neighbours(units)
    assert (found[0], found[6]) == (6, 0)
    assert (found != torch.arange(8)).all()


def test_a_place_that_never_varies_is_nobodys_likeliest():
    torch.manual_seed(0)
    units = torch.randn(12, 2, 4)
    units[:, 1, 2] = 5.0
    assert 6 not in likeliest_neighbours(units)


def test_the_neighbours_of_smooth_units_are_neighbours_and_of_noise_are_not():
    torch.manual_seed(0)
    coarse = torch.randn(60, 1, 5, 5)
    smooth = torch.nn.functional.interpolate(coarse, (8, 8), mode="bilinear")[:, 0]
    assert share_beside(likeliest_neighbours(smooth), columns=8) > 0.9
    shares = [share_beside(likeliest_neighbours(torch.randn(60, 8, 8)), columns=8)
              for _ in range(40)]  # fmt: skip
    assert sum(shares) / 40 == pytest.approx(224 / (64 * 63), abs=0.02)


def test_beside_is_beside_or_above_and_not_round_the_edge():
    # 0 1 2 / 3 4 5: right, diagonal, round the edge, above, itself, two apart.
    found = torch.tensor([1, 3, 3, 0, 4, 3])
    assert share_beside(found, columns=3) == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: neighbour_correlation(torch.zeros(2, 4)), r"shape \(2, 4\)"),
        (lambda: neighbour_correlation(torch.zeros(2, 1, 4)), r"shape \(2, 1, 4\)"),
        (lambda: neighbour_correlation(torch.ones(2, 4, 4)), "all 32 weights are the same"),
        (lambda: likeliest_neighbours(torch.zeros(1, 4, 4)), "1 units: a correlation"),
        (lambda: share_beside(torch.zeros(7), columns=3), "7 places do not fill rows of 3"),
    ],
)
def test_what_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
