"""Where a published model lies: a folder with `config.json` and `model.safetensors`."""

from pathlib import Path

from companion.data.folders import may_be_read, search_folders

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
WANTED = ["*.json", "*.txt", WEIGHTS]  # configuration, tokenizer and weights; no second copy


def model_folder(name: str) -> Path:
    """The folder of a published model such as "sentence-transformers/all-MiniLM-L6-v2".

    It is looked for, by the last part of its name, in the folder that COMPANION_DATA names and in
    the cache of this package, then on the hub, whence it is downloaded to the hub's own cache.
    Every `from_pretrained` takes the folder in the name's place.

    Raises:
        ValueError: COMPANION_DATA is not a folder, or the model is at neither place, which says
            what the hub answered.
    """
    for folder in search_folders(None):
        found = folder / name.rpartition("/")[2]
        if all(may_be_read(found / file) for file in (CONFIG, WEIGHTS)):
            return found
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=WANTED))
    except (OSError, ValueError) as error:  # out of reach, or no name that the hub knows
        raise ValueError(
            f"{name} is neither in {', '.join(map(str, search_folders(None)))} nor to be had from "
            f"the hub ({type(error).__name__}): check name and network, or put its folder into "
            "the one that COMPANION_DATA names"
        ) from error
