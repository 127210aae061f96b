"""What a model costs to train and to ask, beside the ViT, in one run."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from companion.cost import clock, median_ratio, peak_memory, time_pairs
from companion.experiments.bake_off.models import Sizes, vit

BATCH = 64


def step_of(model: nn.Module, sizes: Sizes, device: str) -> Callable[[], None]:
    """A call that takes the gradient of a whole batch, and then drops it."""
    images, labels = example(sizes, device)

    def step() -> None:
        model.train()
        F.cross_entropy(model(images), labels).backward()
        model.zero_grad(set_to_none=True)

    return step


def answer_of(model: nn.Module, sizes: Sizes, device: str) -> Callable[[], None]:
    """A call that answers a whole batch."""
    images, _ = example(sizes, device)

    def answer() -> None:
        model.eval()
        with torch.inference_mode():
            model(images)

    return answer


def example(sizes: Sizes, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch of grey images (64, c, y, x) and a label each."""
    grid = sizes.grid
    images = torch.full((BATCH, grid.channels, grid.image_size, grid.image_size), 0.5)
    return images.to(device), torch.zeros(BATCH, dtype=torch.long, device=device)


def speeds(model: nn.Module, sizes: Sizes, device: str, *, pairs: int) -> dict[str, list[float]]:
    """Images a second in times of the ViT's: the median of pairs in turn, with its interval.

    "training" counts forward and backward pass, "answering" the forward pass alone.
    """
    rival = vit(sizes).to(device)
    found = {}
    for name, call_of in (("training", step_of), ("answering", answer_of)):
        ours, theirs = (call_of(each, sizes, device) for each in (model, rival))
        seconds = time_pairs(ours, theirs, pairs=pairs, clock=clock(device))
        found[name] = [round(value, 3) for value in median_ratio(*reversed(seconds))]
    return found


def memory(model: nn.Module, sizes: Sizes, device: str) -> int:
    """Bytes that a step of training holds at its peak beside the weights, gradients included."""
    return peak_memory(step_of(model, sizes, device), device)
