"""What chapter 2 shows of norms and warm-up: first gradients, and the figure of the recipes."""

import matplotlib as mpl
import pytest

from companion.experiments.norm_and_warmup import RECIPES
from companion.experiments.norm_and_warmup.figure import show_norms
from companion.experiments.norm_and_warmup.start import first_gradients


def test_first_gradients_are_those_of_the_recipe_and_the_seed():
    plain = first_gradients("one head, not divided", seed=0, words=8)
    divided = first_gradients("one head", seed=0, words=8)
    assert len(divided.layers) == RECIPES["one head"].depth
    assert 1 < plain.queries / divided.queries < 32
    assert divided == first_gradients("one head", seed=0, words=8)
    assert divided != first_gradients("one head", seed=1, words=8)
    assert divided.queries < divided.layers[0]


def test_every_seed_of_every_norm_has_a_sign():
    table = {name: {"low_rate": [0.5, 0.6], "high_rate": [0.9, 1.0]} for name in RECIPES}
    top, low, high = show_norms({"table": table})
    rising, falling = (line.get_ydata() for line in top.lines)
    assert (rising[0], max(rising), falling[0]) == (pytest.approx(0.02), 1, 1)
    assert low.get_title() == "learning rate 0.003"
    names = [text.get_text() for text in high.get_yticklabels()]
    assert names == [name for name in RECIPES if "norm" in name]
    for ax, shares in ((low, (0.5, 0.6)), (high, (0.9, 1.0))):
        assert [line.get_xdata()[0] for line in ax.lines] == [*shares] * 4
    filled = [mpl.colors.to_hex(line.get_markerfacecolor(), keep_alpha=True) for line in low.lines]
    assert [fill.endswith("00") for fill in filled[::2]] == [False, True, False, True]
