"""What a set of labelled images must be like, checked once, where it enters.

Axis letters: n images, c channels, y x rows and columns of an image.
"""

import torch
from torch import Tensor


def check_pixels(pixels: Tensor) -> None:
    """Refuse what is not (n, c, y, x) uint8, or float32 in [0, 1]. Raises `ValueError`."""
    if not isinstance(pixels, Tensor) or pixels.dtype not in (torch.uint8, torch.float32):
        found = getattr(pixels, "dtype", type(pixels).__name__)
        raise ValueError(
            f"images are {found}, not a uint8 or float32 tensor: convert bytes by "
            "images.to(torch.uint8), numbers from 0 to 1 by images.float()"
        )
    if pixels.ndim != 4:
        raise ValueError(
            f"images have shape {tuple(pixels.shape)}: expected four axes (n, c, y, x); "
            "grey images need a channel axis, images.unsqueeze(1)"
        )
    if pixels.numel() == 0:
        raise ValueError(f"images have shape {tuple(pixels.shape)}: there is nothing in them")
    if pixels.dtype == torch.float32:
        _check_range(pixels)


def _check_range(pixels: Tensor) -> None:
    low, high = (bound.item() for bound in torch.aminmax(pixels))
    # One pass tells everything: a NaN anywhere makes both bounds NaN.
    if low >= 0 and high <= 1:
        return
    bad = pixels.numel() - int(torch.isfinite(pixels).sum())
    if bad:
        raise ValueError(
            f"{bad:,} of {pixels.numel():,} pixels are not finite: mend or leave out those images"
        )
    raise ValueError(
        f"pixels run from {low:g} to {high:g}, outside [0, 1]: scale them, or give the bytes "
        "0 to 255 by images.to(torch.uint8)"
    )


def check_labels(labels: Tensor, pixels: Tensor, classes: tuple[str, ...]) -> None:
    """Refuse labels that are not (n,) int64 indices into `classes`. Raises `ValueError`."""
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        found = getattr(labels, "dtype", type(labels).__name__)
        raise ValueError(f"labels are {found}, not an int64 tensor: convert them by labels.long()")
    if labels.shape != pixels.shape[:1]:
        raise ValueError(
            f"labels have shape {tuple(labels.shape)} for {len(pixels)} images: expected "
            f"({len(pixels)},), one label an image"
        )
    if labels.device != pixels.device:
        raise ValueError(
            f"labels are on {labels.device}, images on {pixels.device}: move both to one device"
        )
    low, high = labels.min().item(), labels.max().item()
    if low < 0 or high >= len(classes):
        raise ValueError(
            f"labels run from {low} to {high}, but {len(classes)} classes allow 0 to "
            f"{len(classes) - 1}: name every class, or number the labels from 0"
        )


def check_indices(rows: Tensor, *, size: int) -> None:
    """Refuse what is not a list of integers from 0 to size - 1. Raises `ValueError`."""
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(
            f"indices have shape {tuple(rows.shape)}: give a list of at least one index"
        )
    if rows.dtype in (torch.bool, torch.uint8) or rows.is_floating_point():
        raise ValueError(
            f"indices are {rows.dtype}, not integers: turn a mask into indices by "
            "mask.nonzero().flatten()"
        )
    if rows.min() < 0 or rows.max() >= size:
        raise ValueError(
            f"indices run from {rows.min().item()} to {rows.max().item()}, "
            f"but the set has images 0 to {size - 1}"
        )
