"""Draw the chapters' diagrams: `python scripts/diagrams/draw.py [--into FOLDER]`.

The drawings are committed; run this only to change them. The numbers in them are worked out here,
by hand, and a test holds them against the package.
"""

import argparse
import importlib
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[2] / "book" / "images"


def main() -> None:
    """Write two drawings a chapter, its model and its mechanism with numbers, or its DRAWINGS."""
    parser = argparse.ArgumentParser(description="Draw the chapters' diagrams.")
    parser.add_argument("--into", type=Path, default=IMAGES, metavar="FOLDER")
    folder = parser.parse_args().into
    for path in sorted(Path(__file__).parent.glob("chapter[0-9]*.py")):
        chapter = importlib.import_module(path.stem)
        for name in getattr(chapter, "DRAWINGS", ("model", "mechanism")):
            drawn = folder / f"{path.stem.removeprefix('chapter')}_{name}.svg"
            drawn.write_text(getattr(chapter, name)().text, encoding="utf-8")


if __name__ == "__main__":
    main()
