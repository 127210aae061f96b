import pytest
import torch
from hypothesis import given, strategies as st
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
        with pytest.raises(ValueError, match=words) as caught:
            CrossEntropy()(LOGITS, batch)
        # A remedy is offered where it helps, and nowhere else.
        enough = f"num_classes={max(labels) + 1}"
        assert (enough in str(caught.value)) == (max(labels) >= classes)
        assert (f"ignore_index={min(labels)}" in str(caught.value)) == (min(labels) < 0)


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


@pytest.mark.parametrize("ignored", [-100, -1, 0, 7])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_an_ignored_label_is_left_out_as_in_torch(ignored: int, smoothing: float):
    logits, labels = torch.randn(3, 5, 4, requires_grad=True), torch.randint(0, 4, (3, 5))
    labels[0, 1:] = labels[2, 3] = ignored
    loss = CrossEntropy(label_smoothing=smoothing, ignore_index=ignored)(LOGITS, (logits, labels))
    expected = F.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), label_smoothing=smoothing, ignore_index=ignored
    )
    torch.testing.assert_close(loss, expected)
    assert (torch.autograd.grad(loss, logits)[0][labels == ignored] == 0).all()


def test_a_batch_of_ignored_labels_teaches_nothing():
    logits = torch.randn(3, 4, requires_grad=True)
    batch = logits, torch.full((3,), -100)
    loss = CrossEntropy(ignore_index=-100)(LOGITS, batch)
    assert loss.item() == 0.0
    assert (torch.autograd.grad(loss, logits)[0] == 0).all()


def test_a_wrong_label_beside_ignored_ones_is_refused():
    batch = torch.zeros(3, 4), torch.tensor([-100, 4, 1])
    with pytest.raises(ValueError, match=r"from 0 to 4, .*num_classes=5"):
        CrossEntropy(ignore_index=-100)(LOGITS, batch)


@pytest.mark.parametrize("ignored", [None, -2, 1])
@given(labels=st.lists(st.integers(-3, 5), min_size=1, max_size=6))
def test_away_from_the_cpu_a_wrong_label_makes_nan(ignored: int | None, labels: list[int]):
    logits, given_labels = torch.randn(len(labels), 3), torch.tensor(labels)
    loss = unread_cross_entropy(logits, given_labels, label_smoothing=0.1, ignore_index=ignored)
    kept = [label for label in labels if label != ignored]
    if any(not 0 <= label < 3 for label in kept):
        assert loss.isnan()
    elif kept:
        here = CrossEntropy(label_smoothing=0.1, ignore_index=ignored)
        torch.testing.assert_close(loss, here(LOGITS, (logits, given_labels)))
    else:
        assert loss == 0


@pytest.mark.parametrize("ignored", [None, -100])
def test_away_from_the_cpu_no_label_is_read(ignored: int | None):
    # The meta device has no values: whatever reads one there fails.
    batch = torch.randn(3, 4, device="meta"), torch.zeros(3, device="meta").long()
    assert CrossEntropy(ignore_index=ignored)(LOGITS, batch).shape == ()


def test_labels_may_be_shares_of_the_classes(batch_of):
    images, labels = batch_of
    shares = F.one_hot(labels, 4).float()
    mixed = 0.7 * shares + 0.3 * shares.flip(0)
    loss, model = CrossEntropy(), nn.Linear(3, 4)
    torch.testing.assert_close(loss(model, (images, shares)), loss(model, (images, labels)))
    both = 0.7 * loss(model, (images, labels)) + 0.3 * loss(model, (images, labels.flip(0)))
    torch.testing.assert_close(loss(model, (images, mixed)), both)
    with pytest.raises(ValueError, match=r"shares of the logits' shape \(5, 4\), not \(5, 3\)"):
        loss(model, (images, mixed[:, :3]))


@pytest.fixture
def batch_of():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, 3, generator=generator), torch.tensor([0, 3, 1, 2, 3])
