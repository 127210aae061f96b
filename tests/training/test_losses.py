import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from companion.training import CrossEntropy
from companion.training.losses import unread_cross_entropy

LOGITS = nn.Identity()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("shape", [(5,), (2, 7)])
def test_it_is_torchs(smoothing: float, shape: tuple[int, ...]):
    logits, labels = torch.randn(*shape, 4), torch.randint(0, 4, shape)
    ours = CrossEntropy(label_smoothing=smoothing)(LOGITS, (logits, labels))
    flat = logits.reshape(-1, 4), labels.reshape(-1)
    torch.testing.assert_close(ours, F.cross_entropy(*flat, label_smoothing=smoothing))


@given(labels=st.lists(st.integers(-3, 8), min_size=1, max_size=6), classes=st.integers(1, 6))
def test_labels_out_of_range_are_named(labels: list[int], classes: int):
    batch = (torch.zeros(len(labels), classes), torch.tensor(labels))
    if min(labels) >= 0 and max(labels) < classes:
        assert torch.isfinite(CrossEntropy()(LOGITS, batch))
    else:
        words = rf"from {min(labels)} to {max(labels)}, but the model has {classes} classes"
        with pytest.raises(ValueError, match=words):
            CrossEntropy()(LOGITS, batch)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.int32, torch.int16])
def test_labels_must_be_class_numbers(dtype: torch.dtype, device: str):
    batch = torch.zeros(3, 2, device=device), torch.zeros(3, dtype=dtype, device=device)
    with pytest.raises(ValueError, match=rf"labels are {dtype}: give class numbers as torch.int64"):
        CrossEntropy()(LOGITS, batch)


def test_labels_must_be_a_tensor():
    with pytest.raises(ValueError, match=r"labels are a list: .* tensor of torch.int64"):
        CrossEntropy()(LOGITS, (torch.zeros(3, 2), [0, 1, 0]))  # type: ignore[arg-type]


@pytest.mark.parametrize("labels", [torch.zeros(4).long(), torch.zeros(3, 1).long()])
def test_labels_must_fit_the_logits(labels: torch.Tensor):
    with pytest.raises(ValueError, match=r"labels \(.*\) do not fit logits \(3, 2\)"):
        CrossEntropy()(LOGITS, (torch.zeros(3, 2), labels))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="0 labels"):
        CrossEntropy()(LOGITS, (torch.zeros(0, 2), torch.zeros(0).long()))


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_label_smoothing_is_a_share(smoothing: float):
    with pytest.raises(ValueError, match=rf"label_smoothing={smoothing}"):
        CrossEntropy(label_smoothing=smoothing)


@given(labels=st.lists(st.integers(-3, 5), min_size=1, max_size=6))
def test_away_from_the_cpu_a_wrong_label_makes_nan(labels: list[int]):
    logits, given_labels = torch.randn(len(labels), 3), torch.tensor(labels)
    loss = unread_cross_entropy(logits, given_labels, label_smoothing=0.1)
    if min(labels) >= 0 and max(labels) < 3:
        expected = F.cross_entropy(logits, given_labels, label_smoothing=0.1)
        torch.testing.assert_close(loss, expected)
    else:
        assert loss.isnan()


def test_away_from_the_cpu_no_label_is_read():
    # The meta device has no values: whatever reads one there fails.
    batch = torch.randn(3, 4, device="meta"), torch.zeros(3, device="meta").long()
    assert CrossEntropy()(LOGITS, batch).shape == ()
