"""Names of transformers 4 and 5, there and back."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from companion.pretrained.hugging_face.vision_names import (
    VERSION_4,
    VERSION_5,
    body_names,
    deit_names,
    ours,
    theirs,
    version_of,
    vit_names,
)


@pytest.mark.parametrize("names", [vit_names, body_names, deit_names])
@pytest.mark.parametrize("version", [VERSION_4, VERSION_5])
def test_names_of_both_versions_lead_to_ours_and_back(
    small: SimpleNamespace, names: Any, version: dict[str, str]
) -> None:
    model = small.ours({vit_names: "vit", body_names: "dino", deit_names: "deit"}[names])
    weights = theirs(model.state_dict(), names(version))
    assert version_of(weights) == version
    assert not any("qkv" in name for name in weights)
    back = ours(weights, names(version))
    assert back.keys() == model.state_dict().keys()
    assert all(torch.equal(back[name], weight) for name, weight in model.state_dict().items())


def test_the_names_are_those_that_transformers_uses(small: SimpleNamespace) -> None:
    # Written out, so that the tables are held against something besides themselves.
    four = theirs(small.ours("deit").state_dict(), deit_names(VERSION_4))
    five = theirs(small.ours("vit").state_dict(), vit_names(VERSION_5))
    assert {
        "deit.encoder.layer.1.attention.attention.query.weight",
        "deit.encoder.layer.0.attention.output.dense.bias",
        "deit.encoder.layer.0.intermediate.dense.weight",
        "deit.embeddings.distillation_token",
        "distillation_classifier.bias",
    } <= four.keys()
    assert {
        "vit.layers.1.attention.q_proj.weight",
        "vit.layers.0.attention.o_proj.bias",
        "vit.layers.0.mlp.fc1.weight",
        "vit.layernorm.weight",
        "classifier.bias",
    } <= five.keys()
    installed = small.reference().state_dict().keys()
    assert installed in (
        five.keys(),
        theirs(small.ours("vit").state_dict(), vit_names(VERSION_4)).keys(),
    )
