"""Figures as small PNG files that stay sharp on dense screens.

Twice the pixels in 256 colours weigh less than once the pixels in all colours: what is drawn here
has few, and the eye sees no difference.
"""

import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

DPI, DENSITY, COLOURS = 96, 2, 256


def pixels(drawn: "Figure", *, tight: bool, density: float = DENSITY) -> "Image.Image":
    """A figure in all its colours, so many pixels to each of CSS's; `tight`: cropped."""
    from PIL import Image

    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=DPI * density, bbox_inches="tight" if tight else None)
    return Image.open(file).convert("RGB")


def compact(picture: "Image.Image", *, density: float = DENSITY, colours: int = COLOURS) -> bytes:
    """A picture as a PNG with a palette, which says how dense it is and nothing else."""
    from PIL import Image

    file = io.BytesIO()
    flat = picture.quantize(colours, dither=Image.Dither.NONE)
    flat.save(file, format="PNG", optimize=True, dpi=(DPI * density, DPI * density))
    return file.getvalue()


def shown(drawn: "Figure") -> tuple[bytes, dict[str, int]]:
    """What a notebook shows of a figure: its PNG, and its width and height in CSS pixels."""
    picture = pixels(drawn, tight=True)
    size = {"width": picture.width // DENSITY, "height": picture.height // DENSITY}
    return compact(picture), size


def show_sharp() -> None:
    """Let the notebook that runs this show figures so; nothing elsewhere.

    Done whenever a figure is drawn, since matplotlib's own backend sets its way after the first.
    """
    from matplotlib.figure import Figure

    ipython: Any = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell:
        shell.display_formatter.formatters["image/png"].for_type(Figure, shown)
