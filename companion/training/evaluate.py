"""How good a classifier is on labelled batches.

Axes: b batch, n labels that count.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.training.losses import check_labels, flatten_places
from companion.training.modes import mode


class Evaluation(NamedTuple):
    """Mean cross-entropy and accuracy over all labels; predictions and labels (n), on the CPU."""

    loss: float
    accuracy: float
    predictions: Tensor
    labels: Tensor


def evaluate(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], *, ignore_index: int | None = None
) -> Evaluation:
    """Judge a classifier on batches of (images, labels), each label counting once.

    The model stays on its device and is back in its mode (training or not) afterwards. Batches may
    differ in size. No gradient is recorded. Shapes are those of `CrossEntropy`.

    Args:
        model: gives logits.
        batches: images and labels.
        ignore_index: places with this label are left out of everything.

    Raises:
        ValueError: no labels that count, labels that do not fit the logits, or logits that are not
            finite numbers, whose largest would still give an accuracy.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    losses: list[Tensor] = []
    broken: list[Tensor] = []
    predictions: list[Tensor] = []
    truths: list[Tensor] = []
    with mode(model, training=False), torch.no_grad():
        for images, given in batches:
            logits, labels = flatten_places(model(images.to(device)).float(), given)
            check_labels(labels, num_classes=logits.shape[-1], ignore_index=ignore_index)
            if ignore_index is not None:
                kept = labels != ignore_index
                logits, labels = logits[kept.to(device)], labels[kept]
            losses.append(F.cross_entropy(logits, labels.to(device), reduction="sum"))
            broken.append((~logits.isfinite()).any(dim=-1).sum())
            predictions.append(logits.argmax(dim=-1))
            truths.append(labels.cpu())
    count = sum(map(len, truths))
    if not count:
        raise ValueError(
            f"{len(truths)} batches hold 0 labels to evaluate on: give at least one that counts"
        )
    predicted, labels = torch.cat(predictions).cpu(), torch.cat(truths)
    loss = sum(torch.stack(losses).tolist()) / count
    wrong = sum(torch.stack(broken).tolist())
    if wrong or not math.isfinite(loss):
        raise ValueError(
            f"logits are nan or infinite for {wrong} of {count} labels, and the loss is "
            f"{loss:g}: look for such numbers in the images and in the model's weights, or train "
            "with a lower learning rate"
        )
    accuracy = (predicted == labels).sum().item() / count
    return Evaluation(loss, accuracy, predicted, labels)
