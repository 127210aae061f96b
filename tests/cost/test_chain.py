"""The longest chain against lengths counted by hand."""

import pytest
import torch
from torch import nn

from companion.cost import longest_chain
from companion.parts import MultiHeadAttention


def test_a_chain_is_as_long_as_its_longest_branch():
    x = torch.ones(2, requires_grad=True)
    assert longest_chain(x * 2) == 1
    assert longest_chain(((x * 2).exp() + 1).sin() + x.cos()) == 5


def test_a_recurrence_waits_for_each_step_and_attention_does_not():
    gru, attention = nn.GRU(8, 8, batch_first=True), MultiHeadAttention(8, heads=2)
    texts = [torch.randn(1, n, 8) for n in (5, 6, 7)]
    first, second, third = (longest_chain(gru(text)[0]) for text in texts)
    assert third - second == second - first > 0
    assert len({longest_chain(attention(text)) for text in texts}) == 1


def test_a_long_chain_is_no_deep_recursion():
    x = torch.ones(1, requires_grad=True)
    for _ in range(3000):
        x = x * 1.0
    assert longest_chain(x) == 3000


def test_nothing_was_noted():
    with pytest.raises(ValueError, match="0 operations are noted"):
        longest_chain(torch.ones(2) * 2)
