"""The benchmark of scenes writes what it measured; no time is asserted."""

import json

from companion.experiments import scene_speed as scenes


def test_the_record_says_what_was_measured(tmp_path):
    status = scenes.run_scenes(output=tmp_path, sizes={32: 60, 16: 6}, repeats=2)
    record = json.loads((tmp_path / "scenes.json").read_text())
    assert status == (0 if record["held"] else 1)
    assert record["command"] == "python -m companion bench scenes"
    assert record["held"] == (record["rows"][0]["images_a_second"] >= record["target"] == 5000)
    assert [row["image_size"] for row in record["rows"]] == [32, 16]
    for row in record["rows"]:
        assert 0 < row["slowest"] <= row["images_a_second"] <= row["fastest"]
