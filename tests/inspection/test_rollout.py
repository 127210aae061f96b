"""Rollout against an independent calculation; its rows sum to one whatever comes in."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch.testing import assert_close

from companion.inspection import AttentionMap, from_class_token, rollout
from companion.parts import CLASS_TOKEN, TokenLayout

LAYOUT = TokenLayout((CLASS_TOKEN,), 2, 3)


def recorded(*layers, layout=LAYOUT):
    return [AttentionMap(f"blocks.{i}", weights, layout) for i, weights in enumerate(layers)]


def random_layers(seed, depth, heads, batch=2, tokens=7, sharp=3.0):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(depth, batch, heads, tokens, tokens, generator=generator)
    return (sharp * scores).softmax(-1).unbind()


def by_loops(maps, residual, fuse, discard):
    """Rollout with one number at a time, in double precision."""
    first = maps[0].weights
    batch, _, tokens, _ = first.shape
    answers = np.zeros((batch, tokens, tokens))
    for image in range(batch):
        flow = np.eye(tokens)
        for attention in maps:
            heads = attention.weights[image].double().numpy()
            step = np.zeros((tokens, tokens))
            for query in range(tokens):
                row = getattr(np, fuse)(heads[:, query], axis=0)
                prefix = attention.layout.num_prefix
                order = sorted(range(prefix, tokens), key=lambda key: row[key])
                for key in order[: int(discard * (tokens - prefix))]:
                    row[key] = 0
                step[query] = (1 - residual) * row / row.sum()
                step[query, query] += residual
            flow = step @ flow
        answers[image] = flow
    return answers


@given(
    st.integers(0, 1000),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.3, 0.5]),
    st.sampled_from(["mean", "max", "min"]),
    st.sampled_from([0.0, 0.5, 0.9]),
)
def test_rollout_is_what_loops_give(seed, depth, heads, residual, fuse, discard):
    maps = recorded(*random_layers(seed, depth, heads))
    flowed = rollout(maps, residual=residual, fuse=fuse, discard=discard)
    np.testing.assert_allclose(flowed, by_loops(maps, residual, fuse, discard), atol=2e-6)


ANY = st.one_of(st.just(0.0), st.floats(0, 2.0**-100, width=32), st.floats(0, 1, width=32))


@given(
    st.lists(st.lists(ANY, min_size=50, max_size=50), min_size=1, max_size=4),
    st.floats(0, 1),
    st.sampled_from(["mean", "max", "min"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([None, TokenLayout((), 1, 5), TokenLayout((CLASS_TOKEN,), 2, 2)]),
)
def test_rows_sum_to_one_whatever_the_weights(layers, residual, fuse, discard, layout):
    weights = [torch.tensor(numbers).reshape(1, 2, 5, 5) for numbers in layers]
    flowed = rollout(
        recorded(*weights, layout=layout), residual=residual, fuse=fuse, discard=discard
    )
    assert (flowed >= 0).all()
    assert_close(flowed.sum(-1), torch.ones(1, 5), atol=1e-5, rtol=0)


def test_in_half_precision_and_through_many_layers_rows_still_sum_to_one():
    layers = [weights.half() for weights in random_layers(0, 24, 3, tokens=197)]
    flowed = rollout(recorded(*layers, layout=None))
    assert flowed.dtype == torch.float
    assert_close(flowed.sum(-1), torch.ones(2, 197), atol=1e-5, rtol=0)


def test_the_first_layer_comes_first():
    to_next = torch.zeros(1, 1, 3, 3)
    to_next[0, 0, 0, 1] = to_next[0, 0, 1, 1] = to_next[0, 0, 2, 2] = 1
    to_last = torch.zeros(1, 1, 3, 3)
    to_last[0, 0, 0, 0] = to_last[0, 0, 1, 2] = to_last[0, 0, 2, 2] = 1
    # Below, token 1 takes from 2; above, token 0 takes from 1: so 2 reaches 0 this way round alone.
    reaches = rollout(recorded(to_last, to_next, layout=None), residual=0.0)[0, 0]
    assert reaches.tolist() == [0, 0, 1]
    reaches = rollout(recorded(to_next, to_last, layout=None), residual=0.0)[0, 0]
    assert reaches.tolist() == [0, 1, 0]


def test_all_residual_is_the_identity_and_even_attention_stays_even():
    layers = random_layers(1, 3, 2)
    assert_close(rollout(recorded(*layers), residual=1.0), torch.eye(7).expand(2, 7, 7))
    even = torch.full((1, 2, 7, 7), 1 / 7)
    assert_close(rollout(recorded(even, even), residual=0.0), even[:, 0])
    kept = rollout(recorded(*[even] * 6))[0].diagonal()
    assert_close(kept, torch.full((7,), 0.5**6 + (1 - 0.5**6) / 7))


def test_the_class_token_is_never_dropped():
    weights = torch.tensor([0.01, 0.2, 0.15, 0.3, 0.1, 0.14, 0.1]).expand(1, 1, 7, 7)
    row = rollout(recorded(weights), residual=0.0, discard=5 / 6)[0, 0]
    assert_close(row, torch.tensor([0.01, 0, 0, 0.3, 0, 0, 0]) / 0.31)
    row = rollout(recorded(weights, layout=None), residual=0.0, discard=1 / 7)[0, 0]
    assert row[0] == 0


@pytest.mark.parametrize(
    ("discard", "left"),
    [(0.0, 100), (0.29, 71), (0.5, 50), (0.999, 1), (1 - 1e-12, 1)],  # 0.29 * 100 is 28.999...
)
def test_as_many_are_dropped_as_are_asked_for_and_one_is_left(discard, left):
    weights = random_layers(2, 1, 1, tokens=100)[0]
    flowed = rollout(recorded(weights, layout=None), residual=0.0, discard=discard)
    assert ((flowed > 0).sum(-1) == left).all()
    assert torch.equal(flowed.argmax(-1), weights[:, 0].argmax(-1))


def test_a_token_of_which_nothing_is_left_keeps_itself():
    apart = torch.zeros(1, 2, 3, 3)
    apart[0, 0, :, 0] = apart[0, 1, :, 1] = 1
    assert_close(rollout(recorded(apart, layout=None), residual=0.0, fuse="min")[0], torch.eye(3))


def test_what_is_no_number_is_not_hidden():
    layers = random_layers(0, 2, 2)
    layers[0][0, 0, 0, 0] = torch.nan
    assert rollout(recorded(*layers))[0, 0].isnan().all()


def test_the_class_tokens_row_over_the_grid():
    joint = torch.arange(49.0).reshape(1, 7, 7)
    assert from_class_token(joint, LAYOUT).tolist() == [[[1, 2, 3], [4, 5, 6]]]
    two_prefix = from_class_token(joint[:, :6, :6], TokenLayout((CLASS_TOKEN, "register 1"), 2, 2))
    assert two_prefix.tolist() == [[[2, 3], [4, 5]]]
    second = from_class_token(joint[:, :6, :6], TokenLayout(("register 1", CLASS_TOKEN), 2, 2))
    assert second.tolist() == [[[9, 10], [11, 12]]]


@pytest.mark.parametrize(
    "layout", [None, TokenLayout((), 1, 7), TokenLayout(("register 1",), 2, 3)]
)
def test_without_a_class_token_there_is_no_row(layout):
    with pytest.raises(ValueError, match="no class token"):
        from_class_token(torch.ones(1, 7, 7), layout)


@pytest.mark.parametrize("shape", [(7, 7), (1, 7, 8), (1, 6, 6)])
def test_a_row_needs_the_tokens_of_the_layout(shape):
    with pytest.raises(ValueError, match=r"expected \(b, 7, 7\) for 1 \+ 2 \* 3 tokens"):
        from_class_token(torch.ones(shape), LAYOUT)


@pytest.mark.parametrize(
    ("maps", "options", "words"),
    [
        ([], {}, "0 maps"),
        (recorded(torch.rand(1, 1, 2, 7)), {}, r"\(1, 1, 2, 7\)"),
        (recorded(torch.rand(1, 1, 7, 7), torch.rand(2, 1, 7, 7)), {}, "2 maps"),
        (recorded(torch.rand(1, 1, 7, 7)), {"fuse": "median"}, "one of mean, max, min"),
        (recorded(torch.rand(1, 1, 7, 7)), {"residual": 1.5}, r"residual=1\.5"),
        (recorded(torch.rand(1, 1, 7, 7)), {"discard": 1.0}, r"discard=1\.0"),
        (recorded(torch.rand(1, 1, 7, 7)), {"discard": -0.1}, r"discard=-0\.1"),
    ],
)
def test_what_cannot_be_rolled_out_is_refused(maps, options, words):
    with pytest.raises(ValueError, match=words):
        rollout(maps, **options)
