"""Readers answer from the last place: they see as far back as they should, and can learn."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from companion.models import AttentionReader, ConvolutionReader, LastPlace, RecurrentReader

MAKERS = {
    "recurrent": lambda: RecurrentReader(8),
    "windows": lambda: ConvolutionReader(8, dilations=[1, 1]),
    "gaps": lambda: ConvolutionReader(8, dilations=[1, 2, 4]),
    "attention": lambda: AttentionReader(8),
}
REACH = {"recurrent": 12, "windows": 3, "gaps": 8, "attention": 12}
EACH = pytest.mark.parametrize("name", MAKERS)


def example(name):
    torch.manual_seed(0)
    return MAKERS[name](), torch.randn(2, 12, 8, requires_grad=True)


@EACH
def test_it_sees_as_far_back_as_it_should(name):
    reader, x = example(name)
    reader(x)[:, 0].sum().backward()
    seen = (x.grad.abs().sum(dim=-1) > 0).all(dim=0)
    assert seen.tolist() == [False] * (12 - REACH[name]) + [True] * REACH[name]


def test_the_recurrent_one_is_torch_s():
    reader, x = example("recurrent")
    assert_close(reader(x), reader.gru(x)[0][:, -1])


def test_attention_does_not_see_order_before_the_last_place():
    reader, x = example("attention")
    shuffled = torch.cat([x[:, :-1].flip(1), x[:, -1:]], dim=1)
    assert_close(reader(shuffled), reader(x))
    assert not torch.allclose(reader(x.flip(1)), reader(x))


@EACH
def test_it_learns_what_stands_near_the_end(name):
    torch.manual_seed(0)
    ids = torch.randint(4, (64, 6))
    answers = ids[:, -2].clone()
    ids[:, -2] += 4
    model = LastPlace(8, 4, dim=8, reader=MAKERS[name]())
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
    for _ in range(120):
        loss = F.cross_entropy(model(ids), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(ids).argmax(dim=1) == answers).float().mean() > 0.95


@EACH
def test_the_answer_for_vectors_is_that_for_their_ids(name):
    model = LastPlace(8, 4, dim=8, reader=MAKERS[name]())
    ids = torch.randint(8, (3, 12))
    assert torch.equal(model(ids), model.answer(model.embed(ids)))


def test_invalid_arguments():
    with pytest.raises(ValueError, match="layers=0"):
        ConvolutionReader(8, dilations=[])
    with pytest.raises(ValueError, match="dilation=0"):
        ConvolutionReader(8, dilations=[1, 0])
    with pytest.raises(ValueError, match="dim=0"):
        RecurrentReader(0)
    with pytest.raises(ValueError, match="classes=0"):
        LastPlace(8, 0, dim=8, reader=RecurrentReader(8))
