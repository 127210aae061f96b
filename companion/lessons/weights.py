"""Weights that took longer to train than a chapter may, kept beside the book.

The profile `full` makes them; the others continue from them. Beside each file of weights stands a
JSON file that says how they were made, and what the model answers to a few fixed inputs, so that
code that changes what the weights mean is noticed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

WEIGHTS = Path(__file__).resolve().parents[2] / "book" / "weights"
LARGEST = 2_000_000
TOLERANCE = 2e-3  # of an answer, relative to the largest: another processor rounds otherwise

Probe = Callable[["nn.Module"], "Tensor"]


def keep_weights(
    name: str,
    model: nn.Module,
    *,
    probe: Probe,
    notes: Mapping[str, Any],
    folder: Path = WEIGHTS,
) -> bool:
    """Write `book/weights/<name>.safetensors` and a JSON file beside it; whether there is a book.

    Numbers are kept in 16 bits, which halves the file, and the model gets them back rounded so:
    what is measured on it afterwards holds for the file.

    Args:
        name: of the files, beginning with the chapter's name.
        model: on the CPU.
        probe: the model's answers to a few fixed inputs.
        notes: command, seed, data and seconds of the training.
        folder: where the files go.

    Raises:
        ValueError: the file would have over 2 MB.
    """
    # Imported here, since the commands read claims and need no torch for that.
    import torch

    from companion.records.provenance import provenance, write_record
    from companion.training.weights import load_model, save_model

    if not folder.parent.is_dir():
        return False
    path = folder / f"{name}.safetensors"
    folder.mkdir(exist_ok=True)
    save_model(copy.deepcopy(model).half(), path)
    size = path.stat().st_size
    if size > LARGEST:
        path.unlink()
        raise ValueError(f"{name} takes {size:,} bytes, over {LARGEST:,}: keep a smaller model")
    load_model(model, path)
    said = {name: note for name, note in notes.items() if name != "command"}
    made = provenance(notes["command"], threads=torch.get_num_threads())
    answers = [float(f"{value:.5g}") for value in _answers(model, probe).tolist()]
    record = {**said, "provenance": made, "bytes": size, "answers": answers}
    write_record(folder / f"{name}.json", record)
    return True


def recall_weights(
    name: str, model: nn.Module, *, probe: Probe, folder: Path = WEIGHTS
) -> dict[str, Any] | None:
    """Read weights into a model; how they were made, or None where they are not at hand.

    They are at hand in a clone of the book, and not where only the package is installed, as in
    Colab. The model is then left as it is.

    Raises:
        ValueError: the file is damaged or another model's, or the model does not answer with these
            weights as it did when they were made.
    """
    from companion.training.weights import load_model

    path, beside = folder / f"{name}.safetensors", folder / f"{name}.json"
    try:  # both opened by Python, so that the run knows that it depends on them
        record: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
        path.open("rb").close()
    except FileNotFoundError:
        return None
    load_model(model, path)
    answers, before = _answers(model, probe), record["answers"]
    if len(answers) != len(before):
        raise ValueError(f"{name}: {len(answers)} answers, and {len(before)} when it was made")
    largest = max(abs(value) for value in before)
    off = max(abs(a - b) for a, b in zip(answers.tolist(), before, strict=True))
    if not off <= TOLERANCE * largest:
        raise ValueError(
            f"{name}: answers differ by up to {off:.3g} from those when the weights were made "
            f"(the largest was {largest:.3g}): the code or the inputs changed what the weights "
            "mean; make them again with the command in the JSON file"
        )
    return record


def _answers(model: nn.Module, probe: Probe) -> Tensor:
    from companion.training.modes import mode

    with mode(model, training=False):
        return probe(model).detach().cpu().double().flatten()
