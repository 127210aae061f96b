"""What a classifier is trained to lower.

A loss is any callable `loss(model, batch) -> Tensor` with a single number in it. One that keeps
tensors of its own is an `nn.Module`, and `fit` moves and saves it with the model.

Axes: b batch, ... any further ones, such as places in a text.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CrossEntropy:
    """Softmax cross-entropy of a model's logits, mean over the batch.

    It takes logits: a softmax in the model as well would be applied twice.
    Shapes: batch = (images (b, c, y, x), labels (b)) -> one number. Further axes of the labels
    (b, ...) stand before the last of the logits (b, ..., num_classes).

    Args:
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).

    Raises:
        ValueError: at the call, when a label names no class, labels are not an int64 tensor or
            their shape does not fit the logits. Away from the CPU a label's value is not looked
            at, which would wait for the device; one out of range makes the loss nan, at which
            `fit` stops.
    """

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        if not 0.0 <= label_smoothing < 1.0:
            raise ValueError(f"label_smoothing={label_smoothing}: give a number in [0, 1)")
        self.label_smoothing = label_smoothing

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        check_label_type(labels)
        logits = cast("Tensor", model(images))
        if logits.shape[:-1] != labels.shape:
            raise ValueError(
                f"labels {tuple(labels.shape)} do not fit logits {tuple(logits.shape)}: "
                "each place before the logits' last axis, the classes, needs one label"
            )
        logits, labels = logits.flatten(end_dim=-2), labels.flatten()
        if labels.device.type == "cpu":
            check_labels(labels, num_classes=logits.shape[-1])
            return F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        return unread_cross_entropy(logits, labels, label_smoothing=self.label_smoothing)


def unread_cross_entropy(logits: Tensor, labels: Tensor, *, label_smoothing: float) -> Tensor:
    """Cross-entropy of logits (n, c) that is nan where a label (n) names no class.

    A GPU would stop for good at such a label, and looking for one first would wait for the GPU.
    """
    inside = (labels >= 0) & (labels < logits.shape[-1])
    loss = F.cross_entropy(logits, labels.where(inside, 0), label_smoothing=label_smoothing)
    return loss.where(inside.all(), torch.nan)


def check_label_type(labels: object) -> None:
    """Refuse labels that are not an int64 tensor, on any device and without reading a value.

    Raises:
        ValueError: naming the type given and the one expected.
    """
    if not isinstance(labels, Tensor):
        kind = type(labels).__name__
        raise ValueError(f"labels are a {kind}: give class numbers as a tensor of torch.int64")
    if labels.dtype != torch.int64:
        raise ValueError(
            f"labels are {labels.dtype}: give class numbers as torch.int64, with labels.long()"
        )


def check_labels(labels: Tensor, *, num_classes: int) -> None:
    """Refuse labels (n) that name no class.

    Raises:
        ValueError: labels that are not int64, or lie outside 0..num_classes - 1.
    """
    check_label_type(labels)
    if labels.numel() == 0:
        raise ValueError("a batch holds 0 labels: give at least one example")
    low, high = (int(bound) for bound in torch.aminmax(labels))
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"labels run from {low} to {high}, but the model has {num_classes} classes "
            f"(0 to {num_classes - 1}): give it num_classes={high + 1}, or mend the labels"
        )
