"""What a classifier is trained to lower.

A loss is any callable `loss(model, batch) -> Tensor` with a single number in it. One that keeps
tensors of its own is an `nn.Module`, and `fit` moves and saves it with the model.

Axes: b batch, ... any further ones, such as places in a text.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.checks import require_fraction

NOTHING = -100  # torch's own word for a label that is left out


class CrossEntropy:
    """Softmax cross-entropy of a model's logits, mean over the labels of a batch.

    It takes logits: a softmax in the model as well would be applied twice.
    Shapes: batch = (images (b, c, y, x), labels (b)) -> one number. Further axes of the labels
    (b, ...) stand before the last of the logits (b, ..., num_classes). Labels may also be shares of
    each class, floating point of the logits' shape, as mixup makes them.

    Args:
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        ignore_index: places with this label are left out, such as -100 (torch's and Hugging Face's
            habit) or the id of padding. A batch without any other has a loss of 0.

    Raises:
        ValueError: at the call, when a label names no class, labels are not an int64 tensor or
            their shape does not fit the logits. Away from the CPU a label's value is not looked
            at, which would wait for the device; one out of range makes the loss nan, at which
            `fit` stops.
    """

    def __init__(self, *, label_smoothing: float = 0.0, ignore_index: int | None = None) -> None:
        require_fraction(label_smoothing=label_smoothing)
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        logits = cast("Tensor", model(images))
        if isinstance(labels, Tensor) and labels.is_floating_point():
            return self._of_shares(logits, labels)
        logits, labels = flatten_places(logits, labels)
        if labels.device.type == "cpu":
            check_labels(labels, num_classes=logits.shape[-1], ignore_index=self.ignore_index)
            if self.ignore_index is None:
                return F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        return unread_cross_entropy(
            logits, labels, label_smoothing=self.label_smoothing, ignore_index=self.ignore_index
        )

    def _of_shares(self, logits: Tensor, shares: Tensor) -> Tensor:
        if shares.shape != logits.shape:
            raise ValueError(
                f"labels are {shares.dtype}: give class numbers as torch.int64, or shares of the "
                f"logits' shape {tuple(logits.shape)}, not {tuple(shares.shape)}"
            )
        logits, shares = logits.flatten(end_dim=-2), shares.flatten(end_dim=-2)
        return F.cross_entropy(logits, shares, label_smoothing=self.label_smoothing)


def unread_cross_entropy(
    logits: Tensor, labels: Tensor, *, label_smoothing: float, ignore_index: int | None
) -> Tensor:
    """Cross-entropy of logits (n, c) that is nan where a label (n) names no class.

    A GPU would stop for good at such a label, and looking for one first would wait for the GPU.
    """
    inside = (labels >= 0) & (labels < logits.shape[-1])
    left_out = ~inside & inside if ignore_index is None else labels == ignore_index
    kept = inside & ~left_out
    target = labels.where(kept, NOTHING)
    total = F.cross_entropy(
        logits, target, label_smoothing=label_smoothing, ignore_index=NOTHING, reduction="sum"
    )
    return (total / kept.sum().clamp_min(1)).where((kept | left_out).all(), torch.nan)


def flatten_places(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (b, ..., c) and labels (b, ...) -> (n, c) and (n), as torch's losses want them.

    Raises:
        ValueError: labels that are not int64, or do not fit the logits.
    """
    if not isinstance(labels, Tensor):
        kind = type(labels).__name__
        raise ValueError(f"labels are a {kind}: give class numbers as a tensor of torch.int64")
    if labels.dtype != torch.int64:
        raise ValueError(
            f"labels are {labels.dtype}: give class numbers as torch.int64, with labels.long()"
        )
    if logits.shape[:-1] != labels.shape:
        raise ValueError(
            f"labels {tuple(labels.shape)} do not fit logits {tuple(logits.shape)}: "
            "each place before the logits' last axis, the classes, needs one label"
        )
    return logits.flatten(end_dim=-2), labels.flatten()


def check_labels(labels: Tensor, *, num_classes: int, ignore_index: int | None) -> None:
    """Refuse labels (n) that name no class.

    Raises:
        ValueError: there are none, or some lie outside 0..num_classes - 1.
    """
    if labels.numel() == 0:
        raise ValueError("a batch holds 0 labels: give at least one example")
    if ignore_index is not None:
        labels = labels.where(labels != ignore_index, 0)
    low, high = (int(bound) for bound in torch.aminmax(labels))
    if low >= 0 and high < num_classes:
        return
    remedies = []
    if low < 0:
        remedies.append(f"leave out those of {low}, for example by ignore_index={low}")
    if high >= num_classes:
        remedies.append(f"give it num_classes={high + 1}, or mend the labels")
    raise ValueError(
        f"labels run from {low} to {high}, but the model has {num_classes} classes "
        f"(0 to {num_classes - 1}): {'; '.join(remedies)}"
    )
