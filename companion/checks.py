"""Checks on sizes, said once, with the numbers and the remedy in the message."""


def require_positive(**sizes: int) -> None:
    """Refuse sizes that are not whole numbers of at least 1.

    Raises:
        ValueError: naming each offending size and its value.
    """
    wrong = {
        name: size
        for name, size in sizes.items()
        if isinstance(size, bool) or not isinstance(size, int) or size < 1
    }
    if wrong:
        listed = ", ".join(f"{name}={size!r}" for name, size in wrong.items())
        raise ValueError(f"{listed}: sizes must be whole numbers of at least 1")


def require_fraction(**fractions: float) -> None:
    """Refuse values outside [0, 1), such as a dropout of 1, which would drop everything.

    Raises:
        ValueError: naming each offending value.
    """
    wrong = {name: value for name, value in fractions.items() if not 0.0 <= value < 1.0}
    if wrong:
        listed = ", ".join(f"{name}={value!r}" for name, value in wrong.items())
        raise ValueError(f"{listed}: must be at least 0 and less than 1")
