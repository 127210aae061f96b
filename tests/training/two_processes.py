"""Run by test_processes.py under `accelerate launch`: each process writes down how it ended."""

import json
import math
import sys
from pathlib import Path

import torch
from accelerate import PartialState
from safetensors.torch import save_file
from torch import Tensor, nn

from companion.data import ImageSet, batches
from companion.training import CrossEntropy, FitConfig, History, TrainingDiverged, fit

torch.set_num_threads(1)
BATCH = 8


def images() -> ImageSet:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(64, 1, 4, 4, generator=generator)
    return ImageSet(pixels, pixels.flatten(1)[:, :3].argmax(-1), ("a", "b", "c"))


def train(model: nn.Module, *, batch_size: int, folder: Path | None = None, **more) -> History:
    loader = batches(images(), batch_size=batch_size, seed=3)
    config = FitConfig(3, 0.01, checkpoint_dir=folder, clip_norm=0.5, device="cpu")
    return fit(model, loader, CrossEntropy(), config, **more)


def build() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 3))


class Stop(Exception):
    pass


def stop_at(step_number: int):
    def after_step(step) -> None:
        if step.step == step_number:
            raise Stop

    return after_step


def bad_on_one(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    loss = CrossEntropy()(model, batch)
    return loss * math.nan if PartialState().process_index == 1 else loss


def main(folder: Path) -> None:
    results: dict[str, object] = {}
    model = build()
    history = train(model, batch_size=BATCH)
    rank = torch.distributed.get_rank()
    save_file(model.state_dict(), folder / f"first-{rank}.safetensors")
    results["losses"] = [step.loss for step in history.steps]
    results["plain"] = type(model).__name__

    train(model, batch_size=BATCH)
    save_file(model.state_dict(), folder / f"second-{rank}.safetensors")

    resumed = build()
    try:
        train(resumed, batch_size=BATCH, folder=folder / "run", after_step=stop_at(6))
    except Stop:
        resumed = build()
        train(resumed, batch_size=BATCH, folder=folder / "run")
    save_file(resumed.state_dict(), folder / f"resumed-{rank}.safetensors")

    try:
        loader = batches(images(), batch_size=BATCH, seed=3)
        fit(build(), loader, bad_on_one, FitConfig(1, 0.01, device="cpu"))
    except TrainingDiverged as error:
        results["diverged"] = error.step.step

    data = images()
    listed = [(data.images[i : i + 8], data.labels[i : i + 8]) for i in range(0, 56, 8)]
    history = fit(build(), listed, CrossEntropy(), FitConfig(1, 0.01, device="cpu"))
    results["steps of a list of 7"] = len(history.steps)
    (folder / f"results-{rank}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
