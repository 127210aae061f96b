"""What can be said about a scene: a caption, and questions with their answers.

Every object of a scene has its own shape and its own colour, so either names it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from companion.data.scenes.layout import COLOURS, Layout
from companion.data.scenes.shapes import SHAPES

NUMBERS = ("zero", "one", "two", "three", "four")
RELATIONS = ("above", "left of")
CAPTION_WORDS = (
    *("a", "large", "small", *COLOURS, *SHAPES),
    *("above", "left", "of", "with", "two", "three", "shapes"),
)


class Thing(NamedTuple):
    """An object in words, and the place of its centre as shares of the picture's edge."""

    size: str
    colour: str
    shape: str
    y: float
    x: float

    def __str__(self) -> str:
        return f"{self.size} {self.colour} {self.shape}"


class Question(NamedTuple):
    """A question about scene number `scene`, and its answer, a word."""

    scene: int
    question: str
    answer: str


def things_in(layout: Layout, scene: int) -> list[Thing]:
    """The objects of a scene, the large one first."""
    shapes, colours = list(SHAPES), list(COLOURS)
    return [
        Thing(
            "small" if item else "large",
            colours[layout.colours[scene, item]],
            shapes[layout.shapes[scene, item]],
            *layout.centres[scene, item].tolist(),
        )
        for item in range(layout.shapes.shape[1])
        if layout.shapes[scene, item] >= 0
    ]


def related(one: Thing, other: Thing) -> tuple[Thing, str, Thing]:
    """The upper (or left) of two things, its relation to the other, and the other.

    The axis along which they lie farther apart decides, by more than `arrange.CLEAR` in every scene
    drawn.
    """
    if abs(one.y - other.y) > abs(one.x - other.x):
        first, second = sorted((one, other), key=lambda thing: thing.y)
        return first, "above", second
    first, second = sorted((one, other), key=lambda thing: thing.x)
    return first, "left of", second


def caption_of(things: list[Thing]) -> str:
    """One sentence: of two things how they lie, of more the large one and how many there are."""
    if len(things) == 1:
        return f"a {things[0]}"
    if len(things) == 2:
        first, relation, second = related(*things)
        return f"a {first} {relation} a {second}"
    return f"a {things[0]} with {NUMBERS[len(things) - 1]} small shapes"


def ask(layout: Layout, scene: int, each: int) -> Iterator[Question]:
    """`each` questions about a scene; which ones depends on the scene's own key."""
    things = things_in(layout, scene)
    for number in range(each):
        # Some thirty mixed bits, from which the small choices below are taken one after another.
        bits = (
            int(layout.keys[scene]) + number * 0x9E3779B9
        ) * 0x2545F4914F6CDD1D >> 24 & 2**36 - 1
        bits, kind = divmod(bits, 6)
        bits, which = divmod(bits, len(things))
        yield Question(scene, *_asked(things, things[which], kind, bits))


def _asked(things: list[Thing], thing: Thing, kind: int, bits: int) -> tuple[str, str]:
    if kind == 0:
        return "how many shapes are there", NUMBERS[len(things)]
    if kind == 1:
        return f"what shape is {thing.colour}", thing.shape
    if kind == 2:
        return f"is the {thing.colour} {thing.shape} large or small", thing.size
    if kind == 3:
        return _existence(things, thing, bits)
    if kind == 4 and len(things) > 1:
        first, relation, second = related(things[0], things[1])
        true = bits % 2 == 0
        one, other = (first, second) if true else (second, first)
        names = f"the {one.colour} {one.shape} {relation} the {other.colour} {other.shape}"
        return f"is {names}", "yes" if true else "no"
    return f"what colour is the {thing.shape}", thing.colour


def _existence(things: list[Thing], thing: Thing, bits: int) -> tuple[str, str]:
    """Whether there is a thing: half the answers are yes, and a no has one of the words right."""
    bits, no = divmod(bits, 2)
    if not no:
        return f"is there a {thing.colour} {thing.shape}", "yes"
    bits, swap = divmod(bits, 2)
    pairs = {(known.colour, known.shape) for known in things}
    others = [(thing.colour, s) for s in SHAPES] if swap else [(c, thing.shape) for c in COLOURS]
    absent = [pair for pair in others if pair not in pairs]
    colour, shape = absent[bits % len(absent)]
    return f"is there a {colour} {shape}", "no"
