"""Pictures that move and can be stopped, with one that does not where motion is not wanted."""

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from companion.viz.sharp import compact, pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 500_000
DENSITY, COLOURS = 1.5, 64  # there are many frames
LAST = 3  # how many times as long as the others the last frame is shown

# Frames lie below each other in one image, of which a window shows one. So a script-free box can
# stop the motion, as it cannot that of a GIF.
PAGE = """<div class="moving" id="{name}" style="max-width: {width}px"><style>
#{name} .window {{ display: block; overflow: hidden; aspect-ratio: {window}; }}
#{name} img {{ display: block; width: 100%; height: auto; border: 0; max-width: none;
  animation: {name} {seconds:g}s step-end infinite; }}
#{name}:has(:checked) img {{ animation-play-state: paused; }}
@keyframes {name} {{ {steps} }}
@media (prefers-reduced-motion: reduce) {{ #{name} .window {{ aspect-ratio: auto; }}
  #{name} img {{ animation: none; }} #{name} label {{ display: none; }} }}
</style><picture class="window"><source media="(prefers-reduced-motion: reduce)"
srcset="data:image/png;base64,{still}"><img src="data:image/png;base64,{moving}"
alt="{description}"></picture><label><input type="checkbox"> Pause</label></div>"""


@dataclass(frozen=True)
class Animation:
    """Frames below each other in a PNG, a still PNG, and what is to be seen, in words.

    Notebooks and pages show the frames one after the other, with a box to pause them, and the still
    to readers whose system asks for less motion; where HTML is not shown, the still stands alone.
    Nothing is fetched from anywhere.

    Args:
        moving: the frames, from top to bottom.
        still: the picture for those who want none to move.
        frames: how many there are.
        seconds: for which each is shown, the last three times as long.
        description: what is to be seen, for whoever cannot see it.
    """

    moving: bytes
    still: bytes
    frames: int
    seconds: float
    description: str

    def html(self) -> str:
        """The picture as HTML that stands by itself."""
        from PIL import Image

        still, moving = (base64.b64encode(data).decode() for data in (self.still, self.moving))
        sheet = Image.open(io.BytesIO(self.moving))
        moments = self.frames - 1 + LAST
        steps = " ".join(
            f"{100 * k / moments:.4g}% {{ transform: translateY({-100 * k / self.frames:.6g}%); }}"
            for k in range(self.frames)
        )
        return PAGE.format(
            name=f"moving-{hashlib.sha256(self.moving).hexdigest()[:8]}",
            width=round(sheet.width / DENSITY),
            window=f"{sheet.width} / {sheet.height // self.frames}",
            seconds=self.seconds * moments,
            steps=steps,
            still=still,
            moving=moving,
            description=escape(self.description),
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
    import matplotlib.pyplot as plt
    from PIL import Image

    if not frames or not description.strip() or not seconds > 0:
        raise ValueError(
            f"{len(frames)} frames of {seconds} seconds, described as {description!r}: give at "
            "least one, some time, and what is to be seen"
        )
    pictures = [pixels(frame, tight=False, density=DENSITY) for frame in frames]
    width, height = pictures[0].size
    sheet = Image.new("RGB", (width, height * len(frames)))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (0, index * height))
    moving = compact(sheet, density=DENSITY, colours=COLOURS)
    stands = compact(pixels(still, tight=False, density=DENSITY), density=DENSITY)
    for drawn in (*frames, still):
        plt.close(drawn)
    if len(moving) > LARGEST:
        raise ValueError(f"the animation has {len(moving):,} bytes, over {LARGEST:,}: draw smaller")
    return Animation(moving, stands, len(frames), seconds, description)
