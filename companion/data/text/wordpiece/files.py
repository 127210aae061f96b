"""A vocabulary on the disk: vocab.txt, a token a line, and settings as transformers names them."""

import json
from collections.abc import Iterable
from pathlib import Path

from companion.data.text.wordpiece.normalise import Normaliser

VOCABULARY, SETTINGS = "vocab.txt", "tokenizer_config.json"


def write_vocabulary(folder: Path, tokens: Iterable[str], normaliser: Normaliser) -> Path:
    """Write both files, so that transformers' BertTokenizer reads them too; that of the tokens."""
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": normaliser.lower,
        "strip_accents": normaliser.strip_accents,
    }
    folder.mkdir(parents=True, exist_ok=True)
    # As bytes: no system may write other line ends.
    (folder / SETTINGS).write_bytes(f"{json.dumps(settings, indent=2)}\n".encode())
    (folder / VOCABULARY).write_bytes("".join(f"{token}\n" for token in tokens).encode())
    return folder / VOCABULARY


def read_vocabulary(path: Path) -> tuple[list[str], Normaliser]:
    """The tokens of a vocab.txt, or of the one in a folder, and the settings that lie beside it.

    Without settings it is uncased.

    Raises:
        ValueError: there is no such file, or it is not text in UTF-8.
    """
    path = path / VOCABULARY if path.is_dir() else path
    try:
        tokens = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: give a vocab.txt, or its folder") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error}") from None
    beside = path.with_name(SETTINGS)
    settings = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return tokens, Normaliser(settings.get("do_lower_case", True), settings.get("strip_accents"))
