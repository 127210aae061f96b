"""A row's variant says its task and its word; words of four blocks have as many parameters."""

import pytest
import torch

from companion.cost import count_parameters
from companion.data import ImageSet, load_digits
from companion.experiments import hybrid_parts as parts
from companion.experiments.hybrid_parts import models, summary, tasks

SMALL = {
    **parts.EXPERIMENT.settings["cpu"],
    "digit_epochs": 1,
    "sheets": 64,
    "sheet_epochs": 1,
    "scenes": 64,
    "scene_epochs": 1,
    "test": 20,
}


def test_words_of_four_blocks_have_exactly_as_many_parameters():
    counts = {
        count_parameters(models.build(word, tasks.SHEETS, classes=10, seed=0))
        for word in parts.WORDS
    }
    assert counts == {15_994}


@pytest.mark.parametrize("build", [models.without_neighbours, models.without_token_mlps])
def test_what_has_less_is_made_wider(build):
    count = count_parameters(build(tasks.SHEETS, classes=10, seed=0))
    assert 15_994 < count < 1.01 * 15_994


def test_what_mixes_nothing_treats_each_place_alone():
    model = models.without_token_mlps(tasks.SHEETS, classes=10, seed=0)
    tokens = torch.randn(1, 64, 48)
    edited = tokens.clone()
    edited[:, 5] += 1
    changed = (model.blocks[2:](edited) - model.blocks[2:](tokens)).abs().sum(dim=2)[0]
    assert changed.nonzero().flatten().tolist() == [5]


def test_frozen_blocks_learn_nothing_and_others_do(tmp_path):
    what = tasks.task("digits", 6, SMALL)
    torch.manual_seed(6)
    model = parts.made("digits: ccmm, above frozen", what, 6)
    learns = [any(p.requires_grad for p in block.parameters()) for block in model.blocks]
    assert learns == [True, True, False, False]


def test_with_closed_edges_a_push_by_a_patch_changes_nothing():
    model = models.close_edges(models.build("cccc", tasks.SHEETS, classes=10, seed=0)).eval()
    images = torch.rand(3, 1, 16, 16)
    torch.testing.assert_close(model(images.roll(2, dims=2)), model(images))
    open_ = models.build("cccc", tasks.SHEETS, classes=10, seed=0).eval()
    assert (open_(images.roll(2, dims=2)) - open_(images)).abs().max() > 1e-4


def test_the_label_is_the_left_digit():
    digits = load_digits(seed=0).train
    sheets, right = tasks.two_digits(digits, 5, seed=1)
    lot = torch.Generator().manual_seed(1)
    which = torch.randint(len(digits), (5, 2), generator=lot)
    assert sheets.labels.tolist() == digits.labels[which[:, 0]].tolist()
    assert right.tolist() == digits.labels[which[:, 1]].tolist()
    for sheet, (a, b) in zip(sheets.images, which.tolist(), strict=True):
        assert sheet[0, :, :8].sum() == pytest.approx(digits.images[a].sum().item())
        assert sheet[0, :, 8:].sum() == pytest.approx(digits.images[b].sum().item())


def test_sheets_want_small_digits():
    digits = tasks.on_a_sheet(load_digits(seed=0).test)
    with pytest.raises(ValueError, match="digits of 8x8"):
        tasks.two_digits(digits, 5, seed=1)


def test_a_shuffle_keeps_what_a_patch_holds():
    digits = tasks.on_a_sheet(load_digits(seed=0).test)
    moved = tasks.shuffled(digits, tasks.SHEETS, seed=0)
    assert (moved.images != digits.images).any()
    sums = [
        images.images.unfold(2, 2, 2).unfold(3, 2, 2).sum(dim=(4, 5)) for images in (digits, moved)
    ]
    for one, other in zip(*(each.flatten(1).sort(dim=1).values for each in sums), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("variant", "more"),
    [
        ("digits: cccm", "pushed"),
        ("digits: ccmm, no neighbours", "pushed"),
        ("left, closed: cccc", "other"),
        ("scenes: ccmm, below frozen", "own"),
    ],
)
def test_a_row_says_what_its_task_is_judged_by(variant, more, tmp_path):
    row = parts.run(variant, 6, "cpu", settings=SMALL, folder=tmp_path)
    assert more in row
    assert 0 <= row["right"] <= 1


def test_a_table_has_a_row_a_word_and_the_seeds_in_order():
    rows = [
        {
            "variant": "digits: cc",
            "seed": seed,
            "parameters": 7,
            "right": 0.1 * seed,
            "pushed": [0, seed, 1],
        }
        for seed in (2, 0, 1)
    ]
    head, body = summary.table({"rows": rows}, "digits", ["cc"], "right", "pushed 2")
    assert head == ["word", "parameters", "new images right", "pushed 2 px"]
    assert body == [["cc", "7", "0.0%, 10.0%, 20.0%", "0.0%, 100.0%, 200.0%"]]
    assert summary.rights({"rows": rows}, "digits", ["cc"])["cc"] == pytest.approx([0, 10, 20])


def test_the_other_digit_is_named_only_where_the_two_differ():
    images = ImageSet(
        torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 0, 1, 1]), tuple("01")
    )
    always_one = lambda x: torch.tensor([0.0, 1.0]).expand(len(x), 2)  # noqa: E731
    assert parts.names_other(always_one, images, torch.tensor([1, 0, 1, 0])) == 0.25
