"""What the live page loads: `python scripts/site/live.py --out FOLDER` writes it there.

`live.js` is book/live/*.js in one scope with the explorer's tour and real digits to pick,
`live.css` their style, `model.js` the weights of chapter 4, which `live.js` loads once the page is
seen: a script, since a page opened as a file may not fetch. They lie beside the page and not in
`_static`, whose scripts every page loads. The site's build calls `write_live`.
"""

import argparse
import base64
import json
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = "04_vit_mnist"
TOUR = ROOT / "companion" / "viz" / "explorer" / "tour.js"
PARTS = (
    *("vit", "weights", "digit", "pad", "demo", "paint", "answer", "look", "picker"),
    *("steps", "page"),
)
START = """
const host = document.querySelector(".live");
start(host, SIZES, DIGITS).catch((error) => {
  host.dataset.state = "failed";
  host.textContent = `This page could not start in your browser: ${error}`;
});
"""


def write_live(book: Path, out: Path) -> None:
    """Write the page's scripts and style into a folder.

    Raises:
        FileNotFoundError: a part of the page or the weights are missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(book / "live" / "live.css", out)
    sizes = json.dumps(read_record(book / "weights")["sizes"])
    start = START.replace("SIZES", sizes).replace("DIGITS", packed_digits())
    write(out / "live.js", f'(() => {{\n"use strict";\n{parts(book / "live")}{start}}})();\n')
    write(out / "model.js", f"globalThis.liveModel = {packed_model(book / 'weights')};\n")


def parts(folder: Path) -> str:
    """The page's scripts in one text; in one scope, the page gets no global names from them."""
    paths = [TOUR, *(folder / f"{name}.js" for name in PARTS)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def packed_model(weights: Path) -> str:
    """The model's sizes, and its weights in 16 bits as the file has them, as JSON."""
    from safetensors.numpy import load_file

    tensors = load_file(weights / f"{WEIGHTS}.safetensors")
    data = b"".join(array.astype("<f2").tobytes() for array in tensors.values())
    return json.dumps(
        {
            "sizes": read_record(weights)["sizes"],
            "tensors": [[name, array.size] for name, array in tensors.items()],
            "data": base64.b64encode(data).decode(),
        }
    )


def read_record(weights: Path) -> dict[str, Any]:
    """How the weights were made, what they can and what they answer."""
    record: dict[str, Any] = json.loads((weights / f"{WEIGHTS}.json").read_text(encoding="utf-8"))
    return record


def packed_digits() -> str:
    """The digits to pick: label, and 28 x 28 pixels of 8 bits, as JSON."""
    from live_digits import picks

    return json.dumps(
        [
            {"label": label, "pixels": base64.b64encode(pixels.tobytes()).decode()}
            for label, pixels in picks()
        ]
    )


def fill_live(text: str, book: Path) -> str:
    """Put what was measured where the page marks it, as `<!-- live: name -->`.

    Raises:
        ValueError: the page marks something that is not known, or nothing at all.
    """
    from live_digits import reading

    weights = book / "weights"
    record, tensors = read_record(weights), json.loads(packed_model(weights))["tensors"]
    timed = json.loads((book / "results" / "live.json").read_text(encoding="utf-8"))
    machine = timed["provenance"]["hardware"]
    right, total = reading(weights / f"{WEIGHTS}.safetensors", record["sizes"])
    facts = {
        "accuracy": f"{100 * record['test_accuracy']:.1f} %",
        "seed": str(record["seed"]),
        "data": record["data"],
        "parameters": f"{sum(length for _, length in tensors):,}",
        "kilobytes": f"{record['bytes'] / 1000:.0f} kB",
        "right": f"{100 * right / total:.0f} %",
        "total": f"{total:,}",
        "milliseconds": f"{timed['median_ms']:.0f} ms",
        "timed": f"{timed['browser'].split('.')[0]} on {machine['processor']}",
    }
    marked = 0
    for name, fact in facts.items():
        mark = f"<!-- live: {name} -->"
        marked += text.count(mark)
        text = text.replace(mark, fact)
    if not marked or "<!-- live: " in text:
        raise ValueError(f"book/live.md: {marked} marks filled of those it has; known: {[*facts]}")
    return text


def write(path: Path, text: str) -> None:
    """Write text as UTF-8 with newlines that do not depend on the system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write the files into a folder and say how large they are."""
    parser = argparse.ArgumentParser(description="Write what the live page loads.")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--book", type=Path, default=ROOT / "book", help="the book's folder")
    given = parser.parse_args()
    write_live(given.book, given.out)
    for path in sorted(given.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
