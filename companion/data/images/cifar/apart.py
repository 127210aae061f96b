"""CIFAR-10 parted so that recipes can be settled without the images they are judged by."""

from companion.data.image_set import ImageSet, Splits
from companion.data.images.cifar.binary import load_cifar10_first_test_images
from companion.data.images.vision import load_vision

JUDGES = {"batch 5": 40_000, "validation": 30_000}  # and how many images are learned before it
JUDGED = 10_000


def load_cifar10_apart(judged_on: str) -> Splits:
    """The first 40,000 training images and the last 10,000 to judge by, "batch 5".

    For "validation" the first 30,000 and the next 10,000, so that batch 5 stays unseen while a
    recipe is chosen. The official test images are in neither.

    Raises:
        ValueError: `judged_on` is another.
    """
    if judged_on not in JUDGES:
        raise ValueError(f"judged_on={judged_on}: give one of {', '.join(JUDGES)}")
    whole, learned = load_vision("cifar10", progress=False), JUDGES[judged_on]
    judges = range(learned, learned + JUDGED)
    # Where the official test images are at hand, batch 5 is among those to learn from.
    apart = judged_on == "batch 5" and len(whole.train) == learned
    test = whole.test if apart else whole.train.subset(judges)
    return Splits(whole.train.subset(range(learned)), test, whole.note)


def official_cifar10_images() -> ImageSet:
    """The first thousand of the official test images, from whatever of them is at hand."""
    try:
        return load_cifar10_first_test_images()
    except FileNotFoundError:
        return load_vision("cifar10", progress=False).test.subset(range(1000))
