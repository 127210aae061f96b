"""Near and far places on grids worked out by hand; patches whose neighbours are known."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import follows_nearness, foretold, place_distances


def test_distances_are_those_of_the_grid():
    apart = place_distances(2, 3)
    assert_close(apart[0], torch.tensor([0.0, 1.0, 2.0, 1.0, 2**0.5, 5**0.5]))
    assert_close(apart, apart.T)


def test_nearness_itself_follows_nearness_and_distance_does_not():
    near = -place_distances(4, 4).reshape(16, 4, 4)
    assert follows_nearness(near) == pytest.approx(1)
    assert follows_nearness(-near) == pytest.approx(-1)
    # A place's likeness with itself does not count.
    near[range(16), [i // 4 for i in range(16)], [i % 4 for i in range(16)]] = -100.0
    assert follows_nearness(near) == pytest.approx(1)
    with pytest.raises(ValueError, match="3 maps of 2x2: expected 4"):
        follows_nearness(torch.rand(3, 2, 2))


def test_what_is_a_linear_map_is_foretold_and_noise_is_not():
    torch.manual_seed(0)
    first, noise = torch.randn(400, 3), torch.randn(400, 3)
    second = first @ torch.randn(3, 3) + 5
    found = foretold(torch.stack([first, second, noise], dim=1))
    assert_close(found[:2, :2], torch.ones(2, 2), atol=1e-5, rtol=0)
    assert found[2, :2].abs().max() < 0.1
    assert found[:2, 2].abs().max() < 0.1


def test_it_is_judged_on_images_that_it_was_not_fitted_to():
    torch.manual_seed(0)
    few = torch.randn(20, 2, 10)
    # Ten numbers fit ten images of noise wholly, and foretell nothing.
    assert foretold(few)[0, 1] < 0


def test_pixels_that_are_always_blank_do_no_harm():
    torch.manual_seed(0)
    patches = torch.randn(100, 2, 3)
    patches[:, 0, 1] = 0
    whole = foretold(patches[:, :, [0, 2]])[0, 0]
    assert_close(foretold(patches)[0, 0], whole)
    with pytest.raises(ValueError, match="3 images: give at least 4"):
        foretold(patches[:3])
