"""The row says what was drawn, and how often; no time is asserted."""

from companion.data.scenes.draw import draw_scenes
from companion.experiments import find_experiment, scene_speed


def test_a_row_says_what_was_measured(monkeypatch, tmp_path):
    drawn = []

    def draw(count, *, seed, image_size):
        drawn.append((count, seed, image_size))
        return draw_scenes(3, seed=seed, image_size=image_size)

    monkeypatch.setattr(scene_speed, "draw_scenes", draw)
    experiment = find_experiment("scene_speed")
    row = experiment.run("64x64", 5, "cpu", settings={"repeats": 2}, folder=tmp_path)
    assert drawn == [(60, 5, 64), (1000, 10, 64), (1000, 11, 64)]
    assert (row["image_size"], row["scenes"]) == (64, 1000)
    assert 0 < row["slowest"] <= row["images_a_second"] <= row["fastest"]
    assert row["captions_a_second"] > 0


def test_the_target_can_be_missed():
    (check,) = find_experiment("scene_speed").checks
    for speed, held in ((4_999, False), (5_000, True)):
        assert check.holds.holds(check.measure({"rows": [{"images_a_second": speed}]})) is held
