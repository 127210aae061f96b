import os

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from companion.training import CrossEntropy, FitConfig, fit, load_model, save_model


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


def part_compiled(model: nn.Module) -> nn.Module:
    model[0] = torch.compile(model[0], backend="eager")
    return model


WRAPPINGS = {
    "plain": lambda model: model,
    "compiled": lambda model: torch.compile(model, backend="eager"),
    "a part compiled": part_compiled,
    "DataParallel": nn.DataParallel,
    "both": lambda model: nn.DataParallel(torch.compile(model, backend="eager")),
}


@pytest.mark.parametrize("target", WRAPPINGS)
@pytest.mark.parametrize("source", WRAPPINGS)
def test_wrappers_around_a_model_or_its_parts_do_not_matter(build, tmp_path, source, target):
    path = tmp_path / "weights.safetensors"
    model = build(seed=0)
    wanted = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    save_model(WRAPPINGS[source](model), path)
    assert load_file(path).keys() == wanted.keys()
    other = build(seed=1)
    load_model(WRAPPINGS[target](other), path)
    values = zip(other.state_dict().values(), wanted.values(), strict=True)
    assert all(torch.equal(value, tensor) for value, tensor in values)


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "module._orig_mod."])
def test_files_that_others_wrote_from_a_wrapped_model_fit(build, tmp_path, prefix):
    model, other = build(seed=0), build(seed=1)
    named = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    save_file(named, tmp_path / "weights.safetensors")
    load_model(other, tmp_path / "weights.safetensors")
    assert all(torch.equal(other.state_dict()[n], t) for n, t in model.state_dict().items())


def test_a_part_that_happens_to_be_called_module_keeps_its_name(tmp_path):
    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = nn.Linear(2, 2)

    path = tmp_path / "weights.safetensors"
    model, other = Holder(), Holder()
    save_model(model, path)
    assert set(load_file(path)) == {"module.weight", "module.bias"}
    load_model(other, path)
    assert torch.equal(other.module.weight, model.module.weight)


@pytest.mark.parametrize(("first", "then"), [("compiled", "plain"), ("plain", "a part compiled")])
def test_a_wrapped_models_run_is_taken_up_by_a_plain_one(build, points, tmp_path, first, then):
    def stop(step: object) -> None:
        if step.step == 2:
            raise KeyboardInterrupt

    def train(wrapping: str, folder: object, after_step: object = None) -> torch.Tensor:
        model, config = build(dropout=0.0), FitConfig(2, 0.01, checkpoint_dir=folder)
        wrapped = WRAPPINGS[wrapping](model)
        fit(wrapped, [points] * 2, CrossEntropy(), config, after_step=after_step)
        return model[4].weight

    with pytest.raises(KeyboardInterrupt):
        train(first, tmp_path, stop)
    torch.testing.assert_close(train(then, tmp_path), train("plain", None))
