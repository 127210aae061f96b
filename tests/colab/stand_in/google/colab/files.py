"""Nobody is here to upload or download anything: a chapter must not ask."""


def upload() -> dict[str, bytes]:
    raise OSError("a chapter asked its reader to upload a file")


def download(filename: str) -> None:
    raise OSError(f"a chapter sent {filename} to its reader's browser")
