"""The live page's model and its preparation of a drawing, in a real browser, against PyTorch."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from companion.data import batches, load_digits, load_vision
from companion.inspection import record_attention
from companion.lessons import recall_weights
from companion.training import evaluate

ROOT = Path(__file__).resolve().parents[2]
LIVE, WEIGHTS = ROOT / "book" / "live", ROOT / "book" / "weights"
THREE = [[8, 8], [12, 5], [17, 6], [18, 10], [13, 13], [18, 16], [18, 20], [13, 23], [8, 21]]
SEVEN = [[8, 6], [14, 6], [20, 6], [17, 12], [14, 18], [12, 24]]


@pytest.fixture(scope="module", autouse=True)
def scripts() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "scripts" / "site"))
    yield
    sys.path.remove(str(ROOT / "scripts" / "site"))


@pytest.fixture(scope="module")
def model(scripts: None) -> torch.nn.Module:
    from live import WEIGHTS as NAME
    from live import read_record
    from live_digits import stored_model

    return stored_model(WEIGHTS / f"{NAME}.safetensors", read_record(WEIGHTS)["sizes"])


@pytest.fixture(scope="module")
def images(scripts: None) -> torch.Tensor:
    """A hundred: real digits made like MNIST's, some of them dim, and noise that no digit is."""
    from live_digits import as_mnist

    real = load_digits(seed=0).test.images[:60, 0]
    digits = torch.stack([as_mnist(image) for image in real])
    noise = torch.rand(40, 28, 28, generator=torch.Generator().manual_seed(0))
    noise[20:] = (noise[20:] - 0.8).clamp(min=0) * 5
    digits[::3] *= 0.3
    return torch.cat([digits, noise])


@pytest.fixture(scope="module")
def page(browser: Any, scripts: None) -> Iterator[Any]:
    """An empty page with the live page's own code in it, the network cut."""
    from live import packed_model, parts

    context = browser.new_context(offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_script_tag(content=parts(LIVE))
    page.evaluate(f"globalThis.liveModel = {packed_model(WEIGHTS)}")
    page.evaluate("globalThis.vit = new ViT(liveModel)")
    yield page
    context.close()
    assert wrong == []


def test_numbers_of_16_bits_are_numpys(page: Any) -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    expected = bits.view(np.float16).astype(np.float64)
    finite = np.isfinite(expected)
    written = bits[finite].astype("<u2").tobytes()
    read = "bytes => Array.from(fromHalves(Uint8Array.from(bytes)))"
    assert page.evaluate(read, list(written)) == expected[finite].tolist()


def test_weights_of_another_size_are_refused(page: Any) -> None:
    with pytest.raises(Exception, match="weights: 102533 numbers, and the tensors take 205066"):
        page.evaluate(
            "unpackWeights({ ...liveModel, data: btoa(atob(liveModel.data).slice(205066)) })"
        )


def test_gelu_is_torchs_exact_one(page: Any) -> None:
    values = torch.cat([torch.linspace(-9, 9, 3001), torch.tensor([0.0, -40.0, 40.0, 1e-9])])
    values = values.double()
    found = torch.tensor(page.evaluate("xs => xs.map(gelu)", values.tolist()), dtype=torch.double)
    assert (found - F.gelu(values)).abs().max() < 1e-14
    assert (found - F.gelu(values, approximate="tanh")).abs().max() > 1e-4
    erf = torch.tensor(page.evaluate("xs => xs.map(erf)", values.tolist()), dtype=torch.double)
    assert (erf - torch.erf(values)).abs().max() < 1e-14


def test_layer_norm_is_torchs(page: Any) -> None:
    torch.manual_seed(0)
    tokens = torch.randn(5, 12, dtype=torch.double) * torch.logspace(-4, 2, 5)[:, None]
    weight, bias = torch.randn(2, 12, dtype=torch.double)
    found = page.evaluate(
        "([x, weight, bias]) => Array.from(layerNorm(x, { weight, bias }))",
        [tokens.flatten().tolist(), weight.tolist(), bias.tolist()],
    )
    expected = F.layer_norm(tokens, (12,), weight, bias, eps=1e-6)
    assert (torch.tensor(found).reshape(5, 12) - expected).abs().max() < 1e-6
    torch_default = F.layer_norm(tokens, (12,), weight, bias)  # eps 1e-5
    assert (torch_default - expected).abs().max() > 1e-3


def test_logits_and_maps_are_pytorchs(
    page: Any, model: torch.nn.Module, images: torch.Tensor
) -> None:
    with torch.inference_mode(), record_attention(model) as recorded:
        logits = model(images[:, None])
    found = page.evaluate(
        """images => images.map((image) => {
          const { logits, maps } = vit.forward(image);
          return [Array.from(logits), maps.map((heads) => heads.map((map) => Array.from(map)))];
        })""",
        images.flatten(1).tolist(),
    )
    assert len(found) == 100
    off = (torch.tensor([answer for answer, _ in found]) - logits).abs().max()
    assert off < 1e-4
    maps = torch.stack([layer.weights for layer in recorded], dim=1)
    theirs = torch.tensor([heads for _, heads in found]).reshape(maps.shape)
    assert (theirs - maps).abs().max() < 1e-5


def test_stored_weights_answer_as_when_they_were_made(page: Any, model: torch.nn.Module) -> None:
    drawn = load_digits(seed=0).test.images[:4]
    drawn = F.interpolate(drawn, (28, 28), mode="bilinear")
    record = recall_weights("04_vit_mnist", model, probe=lambda vit: vit(drawn))
    assert record is not None
    found = page.evaluate(
        "images => images.flatMap((image) => Array.from(vit.forward(image).logits))",
        drawn.flatten(1).tolist(),
    )
    assert found == pytest.approx(record["answers"], abs=2e-3 * max(map(abs, record["answers"])))


def test_the_stated_accuracy_is_measured(model: torch.nn.Module, data_dir: Path) -> None:
    test = load_vision("mnist", root=data_dir, download=False).test
    found = evaluate(model, batches(test, batch_size=500, seed=0, shuffle=False)).accuracy
    record = json.loads((WEIGHTS / "04_vit_mnist.json").read_text())
    assert record["test_accuracy"] == pytest.approx(found, abs=3e-4)
    assert found > 0.985


def test_a_forward_pass_keeps_up_with_the_hand(page: Any, images: torch.Tensor) -> None:
    # In seconds of the browser's own work: a crowded machine stretches time, not these.
    watch = page.context.new_cdp_session(page)
    watch.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = watch.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    run = "images => images.forEach((image) => { vit.forward(image); })"
    page.evaluate(run, images[:20].flatten(1).tolist())
    before = worked()
    page.evaluate(run, images[20:].flatten(1).tolist())
    assert 0.0005 < (worked() - before) / 80 < 0.06


def test_the_recorded_speed_is_below_30_ms() -> None:
    record = json.loads((ROOT / "book" / "results" / "live.json").read_text())
    assert 0 < record["median_ms"] < 30


def prepared(page: Any, *strokes: list[list[float]]) -> torch.Tensor:
    found = page.evaluate("strokes => Array.from(digitOf(strokes).pixels)", list(strokes))
    return torch.tensor(found).reshape(28, 28)


def moved(stroke: list[list[float]], zoom: float, across: float, down: float) -> list[list[float]]:
    return [[zoom * x + across, zoom * y + down] for x, y in stroke]


@pytest.mark.parametrize("stroke", [THREE, SEVEN, [[5, 14], [23, 14]]])
def test_a_drawing_fills_the_box_with_its_mass_in_the_middle(stroke: Any, page: Any) -> None:
    pixels = prepared(page, stroke)
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.max() > 0.99
    inked = (pixels > 0.02).nonzero()
    longer = (inked.max(0).values - inked.min(0).values + 1).max()
    assert 20 <= longer <= 21
    places = torch.arange(28.0)
    for axis in (0, 1):
        centre = (pixels.sum(axis) * places).sum() / pixels.sum()
        assert centre == pytest.approx(14, abs=0.15)


@pytest.mark.parametrize("where", [(0.5, 0, 0), (0.5, 14, 13), (1.1, -2, -1.5), (0.8, 5, 0)])
def test_it_does_not_matter_where_and_how_large_one_draws(
    where: tuple[float, float, float], page: Any
) -> None:
    off = (prepared(page, moved(THREE, *where)) - prepared(page, THREE)).abs()
    assert off.mean() < 0.01
    assert off.max() < 0.3
    other = (prepared(page, SEVEN) - prepared(page, THREE)).abs()
    assert other.mean() > 0.05


def test_strokes_are_as_thick_as_mnists(page: Any) -> None:
    upright = prepared(page, [[14, 4], [14, 14], [14, 24]])
    assert upright.sum(1)[10:18].mean() == pytest.approx(2.6, abs=0.1)
    dot = prepared(page, [[3, 3]])
    assert dot.sum() == pytest.approx(torch.pi * 1.3**2, rel=0.05)
    assert prepared(page).sum() == 0


def test_the_frame_holds_the_drawing(page: Any) -> None:
    drawing = moved(SEVEN, 0.5, 10, 2)
    found = page.evaluate("strokes => digitOf(strokes).frame", [drawing])
    assert found["size"] == pytest.approx(0.5 * 28 * 18 / (20 - 2.6), rel=0.01)
    pixels = prepared(page, drawing)
    first = torch.tensor(drawing[0])  # the seven's corner, back in the model's pixels
    place = (first - torch.tensor([found["left"], found["top"]])) * 28 / found["size"]
    assert pixels[int(place[1]), int(place[0])] > 0.9


def test_strokes_over_a_picked_digit_move_nothing(page: Any) -> None:
    base = torch.zeros(28, 28)
    base[2:6, 2:6] = 0.5
    found = page.evaluate(
        "([base, strokes]) => Array.from(digitOver(Float32Array.from(base), strokes).pixels)",
        [base.flatten().tolist(), [[[20, 8], [20, 20]]]],
    )
    pixels = torch.tensor(found).reshape(28, 28)
    assert (pixels[2:6, 2:6] == 0.5).all()
    assert pixels[10:18, 19:21].min() > 0.99
    assert pixels[:, 10:18].sum() == 0


def test_small_digits_are_made_as_mnists_are(scripts: None) -> None:
    from live_digits import as_mnist, picks

    found = list(picks())
    assert [label for label, _ in found] == sorted([*range(10)] * 2)
    for _, pixels in found:
        inked = np.argwhere(pixels > 0)
        assert max(np.ptp(inked, axis=0) + 1) in (19, 20)
        mass = pixels.astype(float)
        for axis in (0, 1):
            centre = (mass.sum(axis) * np.arange(28)).sum() / mass.sum()
            assert centre == pytest.approx(14, abs=0.51)
    image = torch.zeros(8, 8)
    image[1:7, 3] = 1.0
    assert as_mnist(image).sum(0).argmax() in (13, 14)


def test_a_page_with_unknown_marks_is_refused(scripts: None) -> None:
    from live import fill_live

    with pytest.raises(ValueError, match="accuracy"):
        fill_live("<!-- live: weather -->", ROOT / "book")
    filled = fill_live("It reads <!-- live: accuracy -->.", ROOT / "book")
    record = json.loads((WEIGHTS / "04_vit_mnist.json").read_text())
    assert filled == f"It reads {100 * record['test_accuracy']:.1f} %."
