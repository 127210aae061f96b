"""A captioner with one vector has about as many parameters; a row says what is right."""

import torch
from torch.testing import assert_close

from companion.cost import count_parameters
from companion.data import caption_set, draw_scenes
from companion.experiments import scene_captions
from companion.models import Captioner, aligned_encoder


def test_it_has_about_as_many_parameters_as_with_attention():
    asking = Captioner(aligned_encoder(dim=96), image_size=32, dim=96, hidden=128, num_words=25)
    ours = scene_captions.build(25)
    assert 0.98 < count_parameters(ours) / count_parameters(asking) < 1.02


def test_a_row_says_what_is_right(tmp_path):
    settings = {"scenes": 64, "judged": 40, "epochs": 1}
    row = scene_captions.run("learned sum", 0, "cpu", settings=settings, folder=tmp_path)
    assert row.keys() == {"parameters", "exact", "shapes"}
    assert 0 <= row["exact"] <= row["shapes"] <= 1


def test_what_is_judged_is_said_of_the_test_scenes(tmp_path, monkeypatch):
    """The whole sentence from the picture alone, each word after the right ones."""
    seen = {"start": [], "forward": []}

    class Noted(Captioner):
        def start(self, images):
            seen["start"].append(images)
            return super().start(images)

        def forward(self, images, captions):
            seen["forward"].append((images, captions))
            return super().forward(images, captions)

    def build(words):
        model = original(words)
        model.__class__ = Noted
        return model

    original = scene_captions.build
    monkeypatch.setattr(scene_captions, "build", build)
    monkeypatch.setattr(scene_captions, "fit", lambda *_: None)
    settings = {"scenes": 8, "judged": 40, "epochs": 1}
    scene_captions.run("learned sum", 3, "cpu", settings=settings, folder=tmp_path)
    test = caption_set(draw_scenes(40, seed=3, part="test", objects=2))
    assert_close(torch.cat(seen["start"])[:40], test.images)
    ((images, captions),) = seen["forward"]
    assert_close(images, test.images)
    assert_close(captions, test.captions[:, :-1])


def test_the_check_takes_the_fewest():
    rows = [{"exact": 0.9}, {"exact": 0.7}]
    assert scene_captions.EXPERIMENT.checks[0].measure({"rows": rows}) == 0.7
