"""The picture under the maps, and the still one, as addresses that hold the file itself.

Axes: y and x the patch grid, c channels, v and u pixels.
"""

from torch import Tensor

from companion.viz.explorer.pack import encoded
from companion.viz.plots.overlays import overlaid
from companion.viz.plots.tiles import as_rgb

LOSSLESS = 40_000


def picture(image: Tensor) -> str:
    """An image (c, v, u) in [0, 1] as the address of a PNG; of a JPEG where that is much smaller.

    Raises:
        ValueError: the image has another shape, or values outside [0, 1].
    """
    if image.ndim != 3:
        raise ValueError(f"image has shape {tuple(image.shape)}: expected (1 or 3, y, x)")
    if not (image.min() >= 0 and image.max() <= 1):  # false for nan, too
        raise ValueError(
            f"image has values from {image.min().item():g} to {image.max().item():g}: expected "
            "[0, 1]; undo the normalisation, as in image * 0.5 + 0.5"
        )
    pixels = as_rgb(image[None])[0]
    exact = encoded(pixels, "PNG", optimize=True)
    return exact if len(exact) <= LOSSLESS else encoded(pixels, "JPEG", quality=90)


def still(image: Tensor, heat: Tensor) -> str:
    """An image (c, v, u) with a map (y, x) laid over it, at least 288 pixels wide, as a PNG."""
    height, width = image.shape[-2:]
    zoom = max(1, 288 // width)
    drawn = overlaid(image, heat[None], size=(zoom * height, zoom * width))[0]
    return encoded(drawn, "PNG", colours=64)
