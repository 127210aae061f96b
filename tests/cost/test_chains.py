"""A chain is as long as the longest way through the graph, not as the graph is large."""

import pytest
import torch

from companion.cost import longest_chain


def test_branches_do_not_add_up_and_steps_do():
    leaf = torch.ones(3, requires_grad=True)
    one = longest_chain(leaf.exp())
    assert longest_chain(leaf.exp().exp().exp()) == one + 2
    assert longest_chain(leaf.exp() + leaf.sin().cos()) == one + 2


def test_a_long_chain_needs_no_recursion():
    total = torch.ones(1, requires_grad=True).exp()
    for _ in range(5000):
        total = total + 1
    assert longest_chain(total) == longest_chain(torch.ones(1, requires_grad=True).exp()) + 5000


def test_a_tensor_without_a_graph_is_refused():
    with pytest.raises(ValueError, match="no graph"):
        longest_chain(torch.ones(3))
