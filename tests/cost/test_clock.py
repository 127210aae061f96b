"""Work is timed to its end: a GPU that answers at once is waited for. No time is asserted."""

import time

import pytest
import torch

from companion import cost


@pytest.fixture
def events(monkeypatch):
    """What happens, in order, as if torch had a GPU that can be waited for."""
    seen = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: seen.append("wait"))
    return seen


def reader(events, values):
    ticks = iter(values)

    def read():
        events.append("read")
        return next(ticks)

    return read


def test_a_call_is_timed_from_idle_to_idle(events):
    seconds = cost.seconds_of(lambda: events.append("call"), reader(events, [1.0, 3.5]))
    assert seconds == 2.5
    assert events == ["wait", "read", "call", "wait", "read"]


def test_both_of_a_pair_are_waited_for(events):
    ours, theirs = (lambda: events.append("ours")), (lambda: events.append("theirs"))
    seconds = cost.time_pairs(ours, theirs, pairs=1, clock=reader(events, [0.0, 1.0, 1.0, 4.0]))
    assert seconds == ([3.0], [1.0])
    timed = ["wait", "read", "theirs", "wait", "read", "wait", "read", "ours", "wait", "read"]
    assert events == ["ours", "theirs", *timed]


def test_the_median_waits_in_each_repeat(events):
    cost.median_seconds(lambda: events.append("call"), 2)
    assert events == ["call", "wait", "call", "wait", "wait", "call", "wait"]


def test_median_seconds_is_the_median_of_the_repeats(monkeypatch):
    ticks = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    calls = []
    monkeypatch.setattr(cost.seconds_of, "__defaults__", (lambda: next(ticks),))
    assert cost.median_seconds(lambda: calls.append(1), 3) == 2.0
    assert len(calls) == 4
    with pytest.raises(ValueError, match="repeats=0"):
        cost.median_seconds(lambda: None, 0)


def test_a_clock_is_read_when_the_work_is_done(events, monkeypatch):
    monkeypatch.setattr(time, "perf_counter", reader(events, [7.0]))
    assert cost.clock("cuda")() == 7.0
    assert events == ["wait", "read"]


def test_one_cpu_thread_has_its_own_clock_and_several_the_walls(monkeypatch):
    monkeypatch.setattr(time, "process_time", lambda: 1.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 2.0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert (cost.clock("cpu")(), cost.clock("cuda")()) == (1.0, 2.0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert cost.clock("cpu")() == 2.0


def test_without_a_gpu_nothing_is_waited_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: pytest.fail("no GPU was used"))
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    cost.wait_for_devices()
