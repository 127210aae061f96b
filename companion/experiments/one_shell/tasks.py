"""What the shell is asked: real digits, drawn scenes, and photographs.

Each task says its images, how they are cut, and how long is learned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from companion.data import Splits, load_digits, load_scenes, load_vision
from companion.experiments.one_shell.shell import Sizes
from companion.parts import PatchGrid


@dataclass(frozen=True)
class Task:
    """A question.

    Args:
        load: seed -> images to learn from and to judge by.
        sizes: of the shell on them.
        steps: of training.
        batch_size: images a step.
    """

    load: Callable[[int], Splits]
    sizes: Sizes
    steps: int
    batch_size: int = 64


def photographs(seed: int) -> Splits:
    """CIFAR-10: 20,000 images to learn from, and its test images."""
    del seed  # They are the same from every seed.
    train, test, note = load_vision("cifar10", progress=False)
    return Splits(train.subset(range(20_000)), test, note)


def scenes(label: str, *, objects: int | tuple[int, int], size: int) -> Callable[[int], Splits]:
    """Scenes to be classified by their large object's "shape" or "colour"."""
    load = partial(load_scenes, train=4_000, test=1_000, image_size=size, objects=objects)
    return lambda seed: load(seed=seed, label=label)  # type: ignore[arg-type]


TASKS = {
    "digits": Task(
        lambda seed: load_digits(seed=seed),
        Sizes(PatchGrid(8, 2, 1), dim=64, heads=4, kernel_size=3, num_classes=10),
        steps=500,
    ),
    "colour of one object": Task(
        scenes("colour", objects=1, size=32),
        Sizes(PatchGrid(32, 4), dim=64, heads=4, kernel_size=5, num_classes=6),
        steps=500,
    ),
    "shape of one object": Task(
        scenes("shape", objects=1, size=32),
        Sizes(PatchGrid(32, 4), dim=64, heads=4, kernel_size=5, num_classes=6),
        steps=1_500,
    ),
    # 144 places: with four heads their learned weights alone would be most of the model.
    "colour of the large object": Task(
        scenes("colour", objects=(2, 4), size=72),
        Sizes(PatchGrid(72, 6), dim=64, heads=1, kernel_size=5, num_classes=6),
        steps=500,
    ),
    "photographs": Task(
        photographs,
        Sizes(PatchGrid(32, 4), dim=64, heads=4, kernel_size=5, num_classes=10),
        steps=1_500,
    ),
}
