import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from companion.training import evaluate


def test_it_agrees_with_scikit_learn_when_the_last_batch_is_smaller(points, build):
    inputs, labels = points
    model = build()
    result = evaluate(model, DataLoader(TensorDataset(*points), batch_size=64))
    logits = model.eval()(inputs).detach()
    assert torch.equal(result.predictions, logits.argmax(-1))
    assert torch.equal(result.labels, labels)
    assert result.accuracy == pytest.approx(accuracy_score(labels, logits.argmax(-1)))
    probabilities = logits.double().softmax(-1).numpy()
    assert result.loss == pytest.approx(log_loss(labels, probabilities), abs=1e-6)


def test_batches_do_not_change_the_answer(points, build):
    model = build()
    results = [
        evaluate(model, DataLoader(TensorDataset(*points), batch_size=size)) for size in (7, 90)
    ]
    assert results[0].accuracy == results[1].accuracy
    assert results[0].loss == pytest.approx(results[1].loss, abs=1e-6)


def test_every_part_of_the_model_is_back_in_its_mode(batches, build):
    model = build()
    model[1].eval()
    modes = [module.training for module in model.modules()]
    statistics = model[1].running_mean.clone()
    evaluate(model, batches)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(model[1].running_mean, statistics)
    assert all(p.grad is None for p in model.parameters())


def test_the_mode_comes_back_after_an_error_too(build):
    model = build()
    with pytest.raises(ValueError, match="0 batches hold 0 labels to evaluate on"):
        evaluate(model, [])
    assert model.training


def test_a_label_in_every_place_counts_once():
    logits, labels = torch.randn(4, 5, 3), torch.randint(0, 3, (4, 5))
    result = evaluate(nn.Identity(), [(logits[:1], labels[:1]), (logits[1:, :2], labels[1:, :2])])
    flat = torch.cat([logits[0], logits[1:, :2].flatten(0, 1)])
    truths = torch.cat([labels[0], labels[1:, :2].flatten()])
    assert torch.equal(result.labels, truths)
    assert result.accuracy == pytest.approx(accuracy_score(truths, flat.argmax(-1)))
    assert result.loss == pytest.approx(nn.functional.cross_entropy(flat, truths).item())


@pytest.mark.parametrize("ignored", [-100, -1, 2])
def test_ignored_labels_count_nowhere(ignored: int):
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 1, 0, 1, 0])
    all_of_them = torch.cat([logits, torch.randn(6, 3)])
    with_ignored = torch.cat([labels, torch.full((6,), ignored)])
    batches = [(all_of_them[n : n + 4], with_ignored[n : n + 4]) for n in (0, 4, 8)]
    result = evaluate(nn.Identity(), batches, ignore_index=ignored)
    alone = evaluate(nn.Identity(), [(logits, labels)])
    assert torch.equal(result.labels, labels)
    assert torch.equal(result.predictions, alone.predictions)
    assert result.accuracy == alone.accuracy
    assert result.loss == pytest.approx(alone.loss)
    with pytest.raises(ValueError, match="3 batches hold 0 labels"):
        evaluate(nn.Identity(), [(logits, torch.full((6,), ignored))] * 3, ignore_index=ignored)


def test_what_it_gives_can_be_changed(batches, build):
    result = evaluate(build(), batches)
    result.predictions.add_(1)
    result.labels.add_(1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 3]), r"from 0 to 3, but the model has 3 classes .*: give it num_classes"),
        (torch.tensor([-1, 2]), r"from -1 to 2, but the model .*: leave out .* ignore_index=-1$"),
        ([0, 1], "labels are a list"),
        (torch.tensor([0, 1]).int(), "labels are torch.int32"),
        (torch.tensor([0]), r"labels \(1,\) do not fit logits \(2, 3\)"),
    ],
)
def test_wrong_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        evaluate(nn.Identity(), [(torch.zeros(2, 3), labels)])


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_model_that_gives_no_numbers_gets_no_accuracy(value):
    logits = torch.zeros(4, 3)
    logits[1, 2] = value
    with pytest.raises(ValueError, match=r"nan or infinite for 1 of 4 labels.*learning rate"):
        evaluate(nn.Identity(), [(logits, torch.zeros(4).long())])
