"""Pictures that move, with one that does not in their place where motion is not wanted."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 500_000
DPI = 96


@dataclass(frozen=True)
class Animation:
    """An animated GIF, a still PNG, and what is to be seen, in words.

    Notebooks and pages show the GIF, and the still to readers whose system asks for less motion;
    where HTML is not shown, the still stands alone. Nothing is fetched from anywhere.
    """

    moving: bytes
    still: bytes
    description: str

    def html(self) -> str:
        """The picture as HTML that stands by itself."""
        still, moving = (base64.b64encode(data).decode() for data in (self.still, self.moving))
        return (
            '<picture><source media="(prefers-reduced-motion: reduce)" '
            f'srcset="data:image/png;base64,{still}">'
            f'<img src="data:image/gif;base64,{moving}" alt="{escape(self.description)}" '
            'style="max-width: 100%;"></picture>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        still = base64.b64encode(self.still).decode()
        return {
            "text/html": self.html(),
            "image/png": still,
            "text/plain": f"<Animation: {self.description}>",
        }


def animate(
    frames: Sequence["Figure"], still: "Figure", *, seconds: float, description: str
) -> Animation:
    """Frames of equal size, one after the other for ever, the last three times as long.

    The figures are closed: they are shown as an animation and not one by one.

    Raises:
        ValueError: there is no frame, it is not described, or the file has over 500 kB.
    """
    from PIL import Image

    if not frames or not description.strip() or not seconds > 0:
        raise ValueError(
            f"{len(frames)} frames of {seconds} seconds, described as {description!r}: give at "
            "least one, some time, and what is to be seen"
        )
    pictures = [Image.open(io.BytesIO(_png(frame))).convert("RGB") for frame in frames]
    # One palette for all frames: with one each, colours would flicker.
    sheet = Image.new("RGB", (pictures[0].width, sum(p.height for p in pictures)))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (0, index * pictures[0].height))
    palette = sheet.quantize(255, dither=Image.Dither.NONE)
    flat = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    shown = round(seconds * 1000)
    file = io.BytesIO()
    flat[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=flat[1:],
        duration=[shown] * (len(flat) - 1) + [3 * shown],
        loop=0,
        optimize=False,
    )
    if file.tell() > LARGEST:
        raise ValueError(f"the animation has {file.tell():,} bytes, over {LARGEST:,}: draw smaller")
    return Animation(file.getvalue(), _png(still), description)


def _png(drawn: "Figure") -> bytes:
    import matplotlib.pyplot as plt

    file = io.BytesIO()
    # No version of matplotlib in the file: the same picture would differ after an update.
    drawn.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    plt.close(drawn)
    return file.getvalue()
