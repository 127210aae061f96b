"""How good a classifier is on labelled batches.

Axes: n examples, b batch.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.training.losses import check_label_type, check_labels
from companion.training.modes import mode


class Evaluation(NamedTuple):
    """Mean cross-entropy and accuracy over all examples; predictions and labels (n), on the CPU."""

    loss: float
    accuracy: float
    predictions: Tensor
    labels: Tensor


def evaluate(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> Evaluation:
    """Judge a classifier on batches of (images, labels), each example counting once.

    The model stays on its device and is back in its mode (training or not) afterwards. Batches may
    differ in size. No gradient is recorded.

    Raises:
        ValueError: no batches, labels that do not fit the logits, or logits that are not finite
            numbers, whose largest would still give an accuracy.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    losses: list[Tensor] = []
    broken: list[Tensor] = []
    predictions: list[Tensor] = []
    truths: list[Tensor] = []
    with mode(model, training=False), torch.no_grad():
        for images, labels in batches:
            check_label_type(labels)
            logits = model(images.to(device)).float()
            if logits.shape[:-1] != labels.shape:
                raise ValueError(
                    f"labels {tuple(labels.shape)} do not fit logits {tuple(logits.shape)}: "
                    "a classifier gives (b, num_classes) for labels (b)"
                )
            check_labels(labels, num_classes=logits.shape[-1])
            losses.append(F.cross_entropy(logits, labels.to(device), reduction="sum"))
            broken.append((~logits.isfinite()).any(dim=-1).sum())
            predictions.append(logits.argmax(dim=-1))
            truths.append(labels.cpu())
    if not truths:
        raise ValueError("there are no batches to evaluate on: give at least one")
    predicted, labels = torch.cat(predictions).cpu(), torch.cat(truths)
    loss = sum(torch.stack(losses).tolist()) / len(labels)
    wrong = sum(torch.stack(broken).tolist())
    if wrong or not math.isfinite(loss):
        raise ValueError(
            f"logits are nan or infinite for {wrong} of {labels.numel()} labels, and the loss is "
            f"{loss:g}: look for such numbers in the images and in the model's weights, or train "
            "with a lower learning rate"
        )
    return Evaluation(
        loss=loss,
        accuracy=(predicted == labels).sum().item() / len(labels),
        predictions=predicted,
        labels=labels,
    )
