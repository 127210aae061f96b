"""The live page's model in a real browser, against PyTorch."""

import json
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

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def images() -> torch.Tensor:
    """A hundred: real digits made like MNIST's, some of them dim, and noise that no digit is."""
    from live_digits import as_mnist

    real = load_digits(seed=0).test.images[:60, 0]
    digits = torch.stack([as_mnist(image) for image in real])
    noise = torch.rand(40, 28, 28, generator=torch.Generator().manual_seed(0))
    noise[20:] = (noise[20:] - 0.8).clamp(min=0) * 5
    digits[::3] *= 0.3
    return torch.cat([digits, noise])


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
    record = json.loads((ROOT / "book" / "weights" / "04_vit_mnist.json").read_text())
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
