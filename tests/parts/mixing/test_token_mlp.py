"""The MLP along the tokens, against the sum written out."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from companion.parts import TokenMLP


def test_each_channel_goes_through_the_same_mlp():
    torch.manual_seed(0)
    layer, tokens = TokenMLP(5, 7), torch.randn(2, 5, 3)
    mixed = layer(tokens)
    expand, contract = layer.mlp.expand, layer.mlp.contract
    for image in range(2):
        for channel in range(3):
            hidden = F.gelu(expand.weight @ tokens[image, :, channel] + expand.bias)
            assert_close(mixed[image, :, channel], contract.weight @ hidden + contract.bias)


def test_editing_a_channel_leaves_the_others_untouched():
    layer, tokens = TokenMLP(5, 7), torch.randn(2, 5, 3)
    edited = tokens.clone()
    edited[:, 2, 1] += 1
    changed = (layer(edited) != layer(tokens)).any(dim=1)
    assert changed.tolist() == [[False, True, False]] * 2


def test_another_number_of_tokens_and_bad_sizes_are_refused():
    layer = TokenMLP(5, 7)
    for shape in [(2, 6, 3), (5, 3)]:
        with pytest.raises(ValueError, match=r"this layer takes \(batch, 5, dim\)"):
            layer(torch.rand(*shape))
    with pytest.raises(ValueError, match="hidden_dim=0"):
        TokenMLP(5, 0)
