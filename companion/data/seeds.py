"""What counts as a seed."""

from numbers import Integral


def require_seed(seed: int) -> None:
    """Refuse what is no whole number of at least 0. Raises `ValueError`."""
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        raise ValueError(f"seed={seed!r} is no whole number: give 0, 1, 2, ...")
    if seed < 0:
        raise ValueError(f"seed={seed} is negative: give 0, 1, 2, ...")
