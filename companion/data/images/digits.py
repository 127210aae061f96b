"""Real handwritten digits that need no download.

Axis letters: n images, y x rows and columns of an image.
"""

import numpy as np
import torch
from einops import rearrange

from companion.checks import require_seed
from companion.data.image_set import ImageSet, Splits

DIGIT_CLASSES = tuple("0123456789")


def load_digits(*, test_fraction: float = 0.25, seed: int = 0) -> Splits:
    """The 1,797 digits of 8x8 pixels that come with scikit-learn, split class by class.

    With patches of 2x2 an image is 16 tokens, as MNIST is with patches of 7x7.
    The same `seed` gives the same split. Images are (n, 1, 8, 8); the 17 grey levels become [0, 1].

    Raises `ValueError` when `test_fraction` leaves a class without training or test images.

    Source: Alpaydin and Kaynak 1998, https://archive.ics.uci.edu/dataset/80
    """
    from sklearn.datasets import load_digits as sklearn_digits
    from sklearn.model_selection import train_test_split

    if not 0.01 <= test_fraction <= 0.99:
        raise ValueError(
            f"test_fraction={test_fraction} is not between 0.01 and 0.99: "
            "0.25 keeps three quarters for training"
        )
    require_seed(seed)
    digits = sklearn_digits()
    grey = torch.from_numpy(digits.images.astype(np.float32)) / 16
    whole = ImageSet(
        rearrange(grey, "n y x -> n 1 y x"),
        torch.from_numpy(digits.target.astype(np.int64)),
        DIGIT_CLASSES,
    )
    train, test = train_test_split(
        np.arange(len(whole)),
        test_size=test_fraction,
        random_state=seed,
        stratify=digits.target,
    )
    return Splits(whole.subset(train), whole.subset(test), note="")
