"""Stored weights come back as they were measured, say how they were made, and notice a change."""

import json

import pytest
import torch
from torch import nn

from companion.lessons import keep_weights, recall_weights, weights

INPUTS = torch.linspace(-1, 1, 12).reshape(3, 4)
NOTES = {"command": "python -m companion run 03 --profile full", "seed": 5}


def probe(model):
    return model(INPUTS)


def linear(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "weights"


def test_they_come_back_to_the_bit_and_say_how_they_were_made(folder):
    model = linear(0)
    before = model[0].weight.clone()
    assert keep_weights("03_small", model, probe=probe, notes=NOTES, folder=folder)
    assert torch.equal(model[0].weight, before.half().float())
    assert model.training
    other = linear(1)
    record = recall_weights("03_small", other, probe=probe, folder=folder)
    for one, two in zip(model.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(one, two)
        assert one.dtype == two.dtype
    assert record["provenance"]["command"] == NOTES["command"]
    assert record["seed"] == 5
    assert {"provenance", "bytes", "answers"} <= set(record)
    assert len(record["answers"]) == 6
    assert sorted(p.name for p in folder.iterdir()) == ["03_small.json", "03_small.safetensors"]


def test_code_that_changes_what_they_mean_is_noticed(folder):
    keep_weights("03_small", linear(0), probe=probe, notes=NOTES, folder=folder)
    with pytest.raises(ValueError, match="03_small: answers differ by up to"):
        recall_weights("03_small", linear(0), probe=lambda m: probe(m) * 1.01, folder=folder)
    with pytest.raises(ValueError, match="answers differ by up to nan"):
        recall_weights("03_small", linear(0), probe=lambda m: probe(m) * torch.nan, folder=folder)
    with pytest.raises(ValueError, match="4 answers, and 6 when"):
        recall_weights("03_small", linear(0), probe=lambda m: m(INPUTS[:2]), folder=folder)
    with pytest.raises(ValueError, match="does not fit the model"):
        recall_weights("03_small", nn.Linear(4, 3), probe=probe, folder=folder)


def test_without_a_book_nothing_is_read_or_written(tmp_path):
    model = linear(0)
    absent = tmp_path / "nowhere" / "weights"
    assert keep_weights("03_small", model, probe=probe, notes=NOTES, folder=absent) is False
    assert recall_weights("03_small", model, probe=probe, folder=absent) is None
    assert not absent.parent.exists()


def test_a_run_is_seen_to_depend_on_them(folder, opened):
    assert recall_weights("03_small", linear(0), probe=probe, folder=folder) is None
    assert opened == ["03_small.json"]
    keep_weights("03_small", linear(0), probe=probe, notes=NOTES, folder=folder)
    opened.clear()
    recall_weights("03_small", linear(0), probe=probe, folder=folder)
    assert opened[:2] == ["03_small.json", "03_small.safetensors"]
    (folder / "03_small.safetensors").unlink()
    opened.clear()
    assert recall_weights("03_small", linear(0), probe=probe, folder=folder) is None
    assert opened == ["03_small.json", "03_small.safetensors"]


def test_too_large_a_file_is_refused(folder):
    with pytest.raises(ValueError, match=r"03_big takes 2,\d{3},\d{3} bytes, over 2,000,000"):
        keep_weights("03_big", nn.Linear(1001, 1001), probe=probe, notes={}, folder=folder)
    assert not list(folder.iterdir())


def test_every_stored_file_is_small_and_has_its_record():
    stored = sorted(weights.WEIGHTS.glob("*.safetensors"))
    for path in stored:
        assert path.stat().st_size <= weights.LARGEST
        record = json.loads(path.with_suffix(".json").read_text())
        assert {"provenance", "seed", "data", "seconds", "answers"} <= set(record)
    assert sum(path.stat().st_size for path in stored) <= 20_000_000
