"""The bake-off's record as a page shows it: chosen, spread over seeds, and counted."""

from companion.experiments.bake_off import summary
from companion.experiments.bake_off.models import BUDGETS


def a_row(family, seed, accuracy, *, task="digits", budget="parameters"):
    """A row of a record, with the same for all but what is asked."""
    damage = {kind: [accuracy / 2, accuracy / 4, 0.1] for kind in summary.DAMAGE}
    prices = {"parameters": 1500, "operations": 2_500_000, "memory": 3_500_000}
    prices |= {"training": [1.25, 1, 2], "answering": [0.5, 0.4, 0.6]}
    who = {"family": family, "seed": seed, "task": task, "budget": budget}
    return who | {"accuracy": accuracy} | damage | prices


ROWS = [
    a_row(family, seed, share)
    for family, shares in {"ViT": (0.8, 0.5), "ResNet": (0.6, 0.5)}.items()
    for seed, share in zip((1, 0), shares, strict=True)
] + [a_row("ResNet", 0, 0.7, budget="operations"), a_row("ResNet", 0, 0.9, task="scenes")]


def test_rows_are_chosen_by_task_and_budget_and_the_vit_counts_for_both():
    found = summary.chosen(ROWS, task="digits", budget="operations")
    assert {name: [row["accuracy"] for row in each] for name, each in found.items()} == {
        "ViT": [0.5, 0.8],
        "ResNet": [0.7],
    }


def test_the_table_says_the_least_and_the_most_of_the_seeds():
    head, lines = summary.table(ROWS, task="digits", budgets=["parameters"])
    assert lines[0] == [
        *("ViT", "50–80", *["12–20"] * 4, "1.5", "2.50", "1.2", "0.5", "3.5"),
    ]
    assert {len(line) for line in lines} == {len(head)}
    _, lines = summary.table(ROWS, task="digits", budgets=BUDGETS)
    assert [line[0] for line in lines] == [
        *("equal parameters:", "ViT", "ResNet", "equal operations:", "ViT", "ResNet"),
    ]


def test_curves_and_points_are_in_percent_a_list_a_seed():
    curves = summary.fading(ROWS, task="digits", budget="parameters", kinds=["blur"])
    assert curves["blur"]["ResNet"] == [[50, 25, 12.5, 10], [60, 30, 15, 10]]
    found = summary.points(
        ROWS, task="digits", budget="parameters", price=lambda row: row["training"][0]
    )
    assert found["ViT"] == [(1.25, 50), (1.25, 80)]


def test_wins_are_counted_seed_by_seed_and_a_tie_is_half(monkeypatch):
    monkeypatch.setattr(summary, "MARKS", {"ViT": None, "ResNet": None})
    counts = summary.wins(ROWS, budget="parameters", tasks=["digits"])
    assert counts.tolist() == [[0, 1.5], [0.5, 0]]
    head, lines = summary.wins_table(ROWS, budget="parameters", tasks=["digits"])
    assert head == ["ahead of …", "ViT", "ResNet"]
    assert lines == [["ViT", "–", "1.5"], ["ResNet", "0.5", "–"]]


def test_dots_have_a_panel_for_each_task_and_budget_and_ticks_begin_at_nought():
    found = summary.dots(ROWS)
    assert list(found) == [
        *("Digits: parameters", "Digits: operations", "Scenes: parameters", "Scenes: operations"),
    ]
    assert found["Digits: parameters"]["ViT"] == [50, 80]
    assert summary.ticks({"blur": (0.5, 1.0)}) == {"blur": ["0", "0.5", "1"]}
