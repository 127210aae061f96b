import pytest
import torch

from companion.training import History, Step


def test_a_step_reads_its_loss_when_asked():
    step = Step(3, 1, torch.tensor(1.5), 0.1)
    assert step == Step(3, 1, 1.5, 0.1)
    assert step != Step(3, 1, 1.25, 0.1)
    assert type(step.loss) is float


def test_columns_run_over_the_epochs():
    history = History()
    history.add_epoch({"epoch": 0, "loss": 2.0}, {"accuracy": torch.tensor(0.5)})
    history.add_epoch({"epoch": 1, "loss": 1.0}, {"accuracy": 0.75})
    assert history.column("accuracy") == [0.5, 0.75]
    assert history.column("loss") == [2.0, 1.0]


def test_an_unknown_column_names_the_known_ones():
    history = History(epochs=[{"epoch": 0, "loss": 2.0}])
    with pytest.raises(ValueError, match=r"no column 'accuracy'.*the columns are epoch, loss"):
        history.column("accuracy")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({"loss": 1.0}, r"\['loss'\]: fit records these, rename yours"),
        ({"wrong": [1.0, 2.0]}, "single numbers, not {'wrong': 'list'}"),
        ({"wrong": torch.zeros(2)}, "single numbers, not {'wrong': 'Tensor'}"),
    ],
)
def test_metrics_must_be_numbers_of_their_own(metrics, message):
    with pytest.raises(ValueError, match=message):
        History().add_epoch({"epoch": 0, "loss": 1.0}, metrics)
