"""From a model that scores next symbols to whole sequences: greedy and beam search.

Axis letters: b batch, k beams, v vocabulary, t steps.
"""

from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import torch
from einops import rearrange, repeat
from torch import Tensor

from companion.checks import require_positive

MemoryT = TypeVar("MemoryT")
PastT = TypeVar("PastT")


class DecoderState(NamedTuple, Generic[MemoryT, PastT]):
    """What one step of decoding leaves to the next; the batch is every tensor's first axis.

    Attributes:
        memory: the input, read once and made ready for all steps.
        past: what is kept of the symbols so far.
    """

    memory: MemoryT
    past: PastT


class StepModel(Protocol):
    """A model that goes one symbol further: last symbols (b,) -> logits (b, v), the next state.

    A state is a tensor, or a tuple of states (a NamedTuple for readers); the first axis of every
    tensor in it is the batch.
    """

    def step(self, state: Any, last: Tensor) -> tuple[Tensor, Any]: ...


class Decoded(NamedTuple):
    """Sequences that a search found.

    Attributes:
        tokens: (b, t) ids after the begin; the end and whatever follows it are `end`.
        lengths: (b,) how many of them come before the end.
        log_probability: (b,) of the tokens, the end included where there is one.
    """

    tokens: Tensor
    lengths: Tensor
    log_probability: Tensor


@torch.no_grad()
def greedy(model: StepModel, state: Any, *, begin: int, end: int, max_length: int) -> Decoded:
    """Take the likeliest next symbol at every step, until the end or `max_length` symbols.

    The end counts as a symbol: a target of 10 needs `max_length=11`. The model stays in its mode,
    so call `eval()` first where it has dropout. Raises `ValueError` for `max_length` below 1.
    """
    require_positive(max_length=max_length)
    first = _first_tensor(state)
    last = torch.full((len(first),), begin, device=first.device)
    total = torch.zeros(len(first), device=first.device)
    ended, tokens = torch.zeros_like(last, dtype=torch.bool), []
    for _ in range(max_length):
        logits, state = model.step(state, last)
        best, likeliest = logits.float().log_softmax(dim=-1).max(dim=-1)
        total = total + best.where(~ended, 0.0)
        last = likeliest.where(~ended, end)
        tokens.append(last)
        ended = ended | (last == end)
        if ended.all():
            break
    return _decoded(torch.stack(tokens, dim=1), total, end)


@torch.no_grad()
def beam_search(
    model: StepModel,
    state: Any,
    *,
    begin: int,
    end: int,
    max_length: int,
    beams: int,
    length_penalty: float = 0.0,
) -> Decoded:
    """Keep the `beams` best beginnings at every step; return the best of each in the batch.

    Beginnings Y are ranked by log P(Y) / ((5 + |Y|) / 6) ** length_penalty, where |Y| counts the
    symbols, the end included (Wu et al. 2016, equation 14): 0 ranks by probability alone, which
    favours short sequences. One that has ended keeps its place and its score. `log_probability` in
    the result is log P(Y) itself. One beam is `greedy`; as many as there are sequences is an
    exhaustive search.

    Raises:
        ValueError: `beams` or `max_length` is below 1, or `length_penalty` is negative.
    """
    require_positive(beams=beams, max_length=max_length)
    if not length_penalty >= 0:
        raise ValueError(f"length_penalty={length_penalty}: give 0 (none) or more, such as 0.6")
    first = _first_tensor(state)
    batch, device = len(first), first.device
    rows = repeat(torch.arange(batch, device=device), "b -> (b k)", k=beams)
    state = _selected(state, rows)
    found = _Beams.at_start(batch, beams, begin, device)
    for _ in range(max_length):
        logits, state = model.step(state, rearrange(found.tokens[:, :, -1], "b k -> (b k)"))
        scores = rearrange(logits.float().log_softmax(dim=-1), "(b k) v -> b k v", k=beams)
        found, parents = _extended(found, scores, end, length_penalty)
        state = _selected(state, parents)
        if found.ended.all():
            break
    # topk sorts by rank, so the first beam is the best.
    return _decoded(found.tokens[:, 0, 1:], found.total[:, 0], end)


class _Beams(NamedTuple):
    """tokens (b, k, 1 + t); total log probability, length and whether it has ended: (b, k)."""

    tokens: Tensor
    total: Tensor
    length: Tensor
    ended: Tensor

    @classmethod
    def at_start(cls, batch: int, beams: int, begin: int, device: torch.device) -> "_Beams":
        tokens = torch.full((batch, beams, 1), begin, device=device)
        # All begin alike: only the first may be continued, or the same would be found k times.
        total = torch.full((batch, beams), -torch.inf, device=device)
        total[:, 0] = 0.0
        return cls(tokens, total, torch.zeros_like(total), torch.zeros_like(total).bool())


def _extended(
    found: _Beams, scores: Tensor, end: int, length_penalty: float
) -> tuple[_Beams, Tensor]:
    """The best beginnings one symbol longer by scores (b, k, v), and the parent (b*k) of each."""
    batch, beams, size = scores.shape
    # What has ended goes on in one way only, by another end that costs nothing.
    only_end = torch.full_like(scores, -torch.inf)
    only_end[:, :, end] = 0.0
    totals = found.total[:, :, None] + only_end.where(found.ended[:, :, None], scores)
    lengths = found.length + (~found.ended).float()
    ranking = totals / ((5 + lengths[:, :, None]) / 6) ** length_penalty
    best = rearrange(ranking, "b k v -> b (k v)").topk(beams, dim=-1).indices
    beam, symbol = best // size, best % size
    history = found.tokens.gather(1, repeat(beam, "b k -> b k t", t=found.tokens.shape[-1]))
    extended = _Beams(
        tokens=torch.cat([history, rearrange(symbol, "b k -> b k 1")], dim=-1),
        total=rearrange(totals, "b k v -> b (k v)").gather(1, best),
        length=lengths.gather(1, beam),
        ended=symbol == end,
    )
    first_of_each = torch.arange(0, batch * beams, beams, device=beam.device)
    return extended, rearrange(beam + first_of_each[:, None], "b k -> (b k)")


def _decoded(tokens: Tensor, total: Tensor, end: int) -> Decoded:
    before_end = (tokens == end).cumsum(dim=1) == 0
    return Decoded(tokens, before_end.sum(dim=1), total)


def _first_tensor(state: Any) -> Tensor:
    if isinstance(state, Tensor):
        return state
    if not isinstance(state, tuple | list) or not state:
        raise ValueError(
            f"a state of type {type(state).__name__}: give a tensor or a tuple of tensors, each "
            "with the batch as its first axis"
        )
    return _first_tensor(state[0])


def _selected(state: Any, rows: Tensor) -> Any:
    """The same state with these rows of every tensor in it."""
    if isinstance(state, Tensor):
        return state.index_select(0, rows)
    parts = [_selected(part, rows) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
