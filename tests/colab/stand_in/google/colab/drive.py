"""No drive can be mounted here: a chapter must not need one."""


def mount(mountpoint: str, **_: object) -> None:
    raise OSError(f"a chapter tried to mount Google Drive at {mountpoint}")
