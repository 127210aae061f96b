"""What a page weighs, compressed, before its images come near; and what its head says."""

import gzip
import re
from pathlib import Path

import pytest

import companion

ROOT = Path(__file__).resolve().parents[3]
LOADED = re.compile(r'<(?:link[^>]*rel="stylesheet"[^>]*href|script[^>]*src)="([^"?:]+)')


def compressed(path):
    return len(gzip.compress(path.read_bytes(), 6))


def first_load(site, name):
    """The page, its style sheets, scripts and fonts, and the images that do not wait."""
    text = (site / name).read_text(encoding="utf-8")
    files = set(LOADED.findall(text))
    images = re.findall(r"<img(?![^>]*loading=)[^>]*src=\"([^\":]+)\"", text)
    fonts = {font.relative_to(site).as_posix() for font in (site / "_static").glob("*.wof*")}
    return {name, *files, *images, *fonts}


@pytest.mark.parametrize(
    ("name", "most"), [("index", 350_000), ("05_inside_vit", 800_000), ("02_transformer", 800_000)]
)
def test_pages_are_light(site, name, most):
    files = first_load(site, f"{name}.html")
    assert len(files) <= 20
    assert sum(compressed(site / file) for file in files) <= most


def test_images_have_sizes_and_wait(site):
    for page in site.glob("0*.html"):
        article = page.read_text(encoding="utf-8").partition("<article")[2]
        images = re.findall(r"<img\b[^>]*>", article)
        assert images
        assert [i for i in images if "width=" not in i or "loading=" not in i] == []


def test_shared_weight_counts_style_script_and_fonts(site, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "site"))
    from finish import shared_weight, size

    static = site / "_static"
    names = ("site.css", "site.js", "logo.svg", "favicon.svg", "math.woff2")
    files = [static / name for name in names] + list(static.glob("*.woff"))
    weight = sum(file.stat().st_size for file in files)
    assert shared_weight(site) == weight
    text = (site / "cost.html").read_text(encoding="utf-8")
    assert f'data-weight="shared">{size(weight)}<' in text


@pytest.mark.parametrize("name", ["index", "01_why_attention", "05_inside_vit", "live", "api_data"])
def test_every_page_says_what_it_is(site, name):
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    described = re.findall(r'<meta (?:content="([^"]+)" name="description"|name="description" '
                           r'content="([^"]+)")', text)  # fmt: skip
    assert len(described) == 1
    assert 20 < len("".join(described[0])) <= 200
    for tag in ("og:title", "og:description", "og:type", "og:site_name"):
        assert f'property="{tag}"' in text


def test_each_module_has_its_place_on_its_rooms_page(site):
    folder = next(iter(companion.__path__))
    for path in Path(folder).rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        if len(parts) > 1 and not any(part.startswith("_") for part in parts):
            text = (site / f"api_{parts[0]}.html").read_text(encoding="utf-8")
            assert f'id="module-companion.{".".join(parts)}"' in text
