"""The recurrent encoder-decoder: padding is invisible, steps make up the whole, and it learns."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.data import make_reversals
from companion.inspection import record_attention
from companion.models import Seq2Seq, beam_search, greedy
from companion.models.seq2seq import FixedSummary
from companion.parts import AdditiveAttention, DotProductAttention
from companion.viz import alignment_matrix

KINDS = pytest.mark.parametrize("kind", [FixedSummary, AdditiveAttention, DotProductAttention])
ATTENTIONS = pytest.mark.parametrize("kind", [AdditiveAttention, DotProductAttention])


def build(kind, hidden=16, symbols=8):
    torch.manual_seed(0)
    sizes = {"query_dim": hidden, "value_dim": 2 * hidden, "dim": hidden}
    attention = FixedSummary() if kind is FixedSummary else kind(**sizes)
    return Seq2Seq(symbols, symbols, dim=8, hidden_dim=hidden, attention=attention)


def pairs(count=6, symbols=5):
    return make_reversals(count, lengths=range(1, 7), symbols=symbols, seed=3).whole


@KINDS
def test_a_step_gives_what_forward_gives_for_that_place(kind):
    model, (source, target) = build(kind), pairs()
    whole = model(source, target[:, :-1])
    state = model.start(source)
    for t in range(target.shape[1] - 1):
        logits, state = model.step(state, target[:, t])
        assert_close(logits, whole[:, t])


@KINDS
def test_padding_changes_nothing(kind):
    model, (source, target) = build(kind), pairs()
    together = model(source, target[:, :-1])
    for b in range(len(source)):
        alone = source[b, source[b] != 0][None]
        assert_close(model(alone, target[b : b + 1, :-1]), together[b : b + 1])
    wider = F.pad(source, (0, 4))
    assert_close(model(wider, target[:, :-1]), together)


@KINDS
@pytest.mark.parametrize("source", [[0, 0, 5, 6], [5, 0, 6, 0], [0, 5, 6, 0]])
def test_padding_before_a_token_is_refused(kind, source):
    with pytest.raises(ValueError, match=r"rows \[1\] have padding before a token: pad at the end"):
        build(kind)(torch.tensor([[5, 6, 3, 0], source]), torch.tensor([[1, 3], [1, 4]]))


def test_the_fixed_summary_refuses_padding_that_would_shift_its_place():
    values, padding = torch.randn(1, 3, 8), torch.tensor([[True, False, False]])
    with pytest.raises(ValueError, match="padding before a token"):
        FixedSummary().encode(values, padding)


def test_annotations_are_those_of_a_plain_gru():
    model = build(FixedSummary)
    source = torch.tensor([[3, 5, 4, 6]])
    annotations, first = model.encode(source)
    expected, last = model.encoder(model.embed_source(source))
    assert_close(annotations, expected)
    assert_close(first, last[1])
    # The backward network has read everything when it arrives at the first symbol.
    assert_close(first, annotations[:, 0, 16:])


def test_the_fixed_summary_is_the_encoders_last_states_whatever_is_asked():
    model = build(FixedSummary)
    for source in (torch.tensor([[3, 5, 4, 6, 7]]), torch.tensor([[3]])):
        _, last = model.encoder(model.embed_source(source))
        memory = model.start(source).memory
        expected = torch.cat([last[0], last[1]], dim=-1)
        for query in (torch.zeros(1, 16), torch.randn(1, 16)):
            assert_close(model.attention(query, memory), expected)


@KINDS
def test_a_place_depends_on_the_target_so_far_and_on_the_whole_source(kind):
    model = build(kind)
    source, target = torch.tensor([[3, 4, 5, 6]]), torch.tensor([[1, 3, 4, 5]])
    before = model(source, target)
    later = model(source, torch.tensor([[1, 3, 7, 5]]))
    assert torch.equal(before[:, :2], later[:, :2])
    assert not torch.allclose(before[:, 2:], later[:, 2:])
    for place in range(4):
        changed = source.clone()
        changed[0, place] = 7
        assert not torch.allclose(model(changed, target)[:, 0], before[:, 0], atol=1e-6)


@ATTENTIONS
def test_one_map_for_each_step(kind):
    model, (source, target) = build(kind), pairs()
    with record_attention(model) as maps:
        model(source, target[:, :-1])
    assert len(maps) == target.shape[1] - 1
    weights = alignment_matrix(maps)
    assert weights.shape == (len(source), target.shape[1] - 1, source.shape[1])
    assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))
    assert (weights.masked_select((source == 0)[:, None]) == 0).all()


@KINDS
def test_searches_run_on_it_and_one_beam_is_greedy(kind):
    model, (source, _) = build(kind), pairs()
    limits = {"begin": 1, "end": 2, "max_length": 7}
    plain = greedy(model, model.start(source), **limits)
    one = beam_search(model, model.start(source), beams=1, **limits)
    assert torch.equal(plain.tokens, one.tokens)
    wide = beam_search(model, model.start(source), beams=4, **limits)
    assert (wide.log_probability.mean() >= plain.log_probability.mean()).all()


@KINDS
def test_it_overfits_a_batch_and_reads_it_back(kind):
    model, (source, target) = build(kind, hidden=32), pairs(8)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        logits = model(source, target[:, :-1])
        loss = F.cross_entropy(logits.mT, target[:, 1:], ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    assert loss.item() < 0.05
    found = greedy(model, model.start(source), begin=1, end=2, max_length=target.shape[1])
    wanted = target[:, 1:].masked_fill(target[:, 1:] == 0, 2)
    assert torch.equal(found.tokens, wanted[:, : found.tokens.shape[1]])


def test_with_and_without_attention_on_the_same_budget():
    def count(kind, hidden):
        return sum(p.numel() for p in build(kind, hidden, symbols=15).parameters())

    assert abs(count(FixedSummary, 69) / count(AdditiveAttention, 64) - 1) < 0.05


def test_invalid_arguments():
    with pytest.raises(ValueError, match="hidden_dim=0"):
        Seq2Seq(5, 5, dim=4, hidden_dim=0, attention=FixedSummary())
    with pytest.raises(ValueError, match="source_vocabulary=-1"):
        Seq2Seq(-1, 5, dim=4, hidden_dim=4, attention=FixedSummary())
    with pytest.raises(ValueError, match="nothing but padding"):
        build(FixedSummary)(torch.tensor([[3], [0]]), torch.tensor([[1], [1]]))
