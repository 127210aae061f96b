import os

import pytest
import torch
from torch import nn

from companion.training import load_model, save_model


def test_weights_come_back_bit_by_bit_with_their_notes(build, tmp_path):
    model, other = build(seed=0), build(seed=1)
    path = tmp_path / "new" / "weights.safetensors"
    save_model(model, path, metadata={"data": "digits", "seed": "0"})
    assert load_model(other, path) == {"data": "digits", "seed": "0"}
    assert all(torch.equal(other.state_dict()[n], t) for n, t in model.state_dict().items())
    assert [entry.name for entry in path.parent.iterdir()] == ["weights.safetensors"]


def test_tied_weights_stay_tied(tmp_path):
    def tied() -> nn.Module:
        model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        model[1].weight = model[0].weight
        return model

    model, other = tied(), tied()
    save_model(model, tmp_path / "tied.safetensors")
    assert load_model(other, tmp_path / "tied.safetensors") == {}
    assert other[1].weight is other[0].weight
    assert torch.equal(other[0].weight, model[0].weight)


def test_another_models_weights_are_refused_and_nothing_changes(build, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_model(build(width=16), path)
    other = build(width=8)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(ValueError, match=r"0.weight is \(16, 6\), the model's is \(8, 6\)"):
        load_model(other, path)
    with pytest.raises(ValueError, match=r"weight is missing, bias is missing, 0.bias is unknown"):
        load_model(nn.Linear(6, 3), path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_damaged_file_is_refused(build, tmp_path, size):
    path = tmp_path / "weights.safetensors"
    save_model(build(), path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"weights.safetensors is damaged"):
        load_model(build(), path)


def test_a_missing_file_says_who_writes_it(build, tmp_path):
    with pytest.raises(FileNotFoundError, match="save_model writes them"):
        load_model(build(), tmp_path / "none.safetensors")


def test_notes_must_be_text(build, tmp_path):
    with pytest.raises(ValueError, match=r"write {'seed': 0} as strings"):
        save_model(build(), tmp_path / "w.safetensors", metadata={"seed": 0})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(build, tmp_path, monkeypatch):
    path = tmp_path / "weights.safetensors"
    save_model(build(seed=0), path)
    old = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_model(build(seed=1), path)
    assert path.read_bytes() == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["weights.safetensors"]
