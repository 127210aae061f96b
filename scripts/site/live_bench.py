"""Time the live page's forward pass: `python scripts/site/live_bench.py`.

In headless Chromium, on this machine's CPU: 20 passes to warm up, then 200, each timed alone.
The result goes into book/results/live.json.
"""

import shutil
import statistics
import tempfile
from pathlib import Path

from live import ROOT, write_live

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMED = """([image, count]) => {
  const model = new ViT(globalThis.liveModel);
  return Array.from({ length: count }, () => {
    const begun = performance.now();
    model.forward(image);
    return performance.now() - begun;
  });
}"""
WARM, COUNT = 20, 200


def main() -> None:
    """Measure, write the record, say the median."""
    from live_digits import picks
    from playwright.sync_api import sync_playwright

    from companion.records import provenance, write_record

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit(f"no browser: none of {', '.join(BROWSERS)} is on PATH")
    image = (next(picks())[1] / 255).flatten().tolist()
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        write_live(ROOT / "book", Path(folder))
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for name in ("vit", "weights"):
            page.add_script_tag(path=ROOT / "book" / "live" / f"{name}.js")
        page.add_script_tag(path=Path(folder) / "model.js")
        times = sorted(page.evaluate(TIMED, [image, WARM + COUNT])[WARM:])
        version = browser.version
        browser.close()
    record = {
        "provenance": provenance("python scripts/site/live_bench.py", threads=None),
        "median_ms": round(statistics.median(times), 2),
        "fastest_ms": round(times[0], 2),
        "slowest_twentieth_ms": round(times[int(0.95 * COUNT)], 2),
        "passes": COUNT,
        "browser": f"Chromium {version}",
    }
    write_record(ROOT / "book" / "results" / "live.json", record)
    print(f"median {record['median_ms']} ms over {COUNT} passes")


if __name__ == "__main__":
    main()
