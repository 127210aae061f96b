"""Our models saved and loaded through the hub's mixin, in a folder; pushing, against a stand-in."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from companion.inspection import record_attention
from companion.models import ConvMixer, DeiT, Hybrid, MLPMixer, ViT
from companion.parts import MeanPool, PatchGrid
from companion.pretrained import HubConvMixer, HubDeiT, HubHybrid, HubMLPMixer, HubViT

GRID = PatchGrid(16, 4, channels=1)
SIZES = {"dim": 12, "num_classes": 3}
MODELS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "vit": (HubViT, ViT, {**SIZES, "depth": 2, "heads": 3, "mlp_dim": 20, "any_size": True}),
    "deit": (HubDeiT, DeiT, {**SIZES, "depth": 2, "heads": 3, "dropout": 0.25}),
    "mixer": (HubMLPMixer, MLPMixer, {**SIZES, "depth": 2, "token_dim": 5, "dropout": 0.5}),
    "conv": (
        HubConvMixer,
        ConvMixer,
        {**SIZES, "depth": 2, "kernel_size": 3, "activation": "relu"},
    ),
    "hybrid": (HubHybrid, Hybrid, {**SIZES, "blocks": "cma", "heads": 2, "kernel_size": 3}),
    "small hybrid": (HubHybrid, Hybrid, {**SIZES, "blocks": "cc"}),
}


def built(name: str) -> tuple[Any, Any]:
    """A plain model whose weights hide nothing, in training, and the class for the hub."""
    hub, kind, sizes = MODELS[name]
    torch.manual_seed(0)
    model = kind(GRID, **sizes)
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.5, 2.0) if "var" in key else nn.init.normal_(tensor, std=0.3)
    return model, hub


def answer(model: nn.Module) -> torch.Tensor:
    images = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        out = model(images)
    return torch.stack([*out])


@pytest.mark.parametrize("name", MODELS)
def test_there_and_back_in_a_folder(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, hub = built(name)
    made = hub.of(model)
    assert made.training
    made.save_pretrained(tmp_path / "model")
    files = sorted(path.name for path in (tmp_path / "model").iterdir())
    assert files == ["README.md", "config.json", "model.safetensors"]
    again = hub.from_pretrained(tmp_path / "model")
    assert isinstance(again, type(model))
    assert not again.training
    assert capsys.readouterr().out == ""
    model.eval()
    assert torch.equal(answer(again), answer(model))
    assert again.state_dict().keys() == model.state_dict().keys()
    dropped = [part.p for part in model.modules() if isinstance(part, nn.Dropout)]
    assert [part.p for part in again.modules() if isinstance(part, nn.Dropout)] == dropped


def test_config_and_card_say_what_it_is(tmp_path: Path) -> None:
    HubViT(GRID, dim=12, depth=1, heads=3, num_classes=3).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["grid"] == {"image_size": 16, "patch_size": 4, "channels": 1}
    assert (config["dim"], config["depth"], config["heads"]) == (12, 1, 3)
    card = (tmp_path / "README.md").read_text()
    assert "library_name: seeing-attention" in card
    assert "pipeline_tag: image-classification" in card
    assert HubViT.from_pretrained(str(tmp_path)).embed.grid == GRID


def test_it_is_a_model_like_any_other() -> None:
    model = HubViT(GRID, dim=12, depth=2, heads=3, num_classes=3)
    with record_attention(model) as maps:
        model(torch.randn(1, 1, 16, 16))
    assert len(maps) == 2


def test_pushing_sends_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi

    sent: dict[str, Any] = {}

    def create_repo(self: HfApi, repo_id: str, **options: Any) -> Any:
        return type("Repo", (), {"repo_id": f"me/{repo_id}"})()

    def upload_folder(self: HfApi, repo_id: str, folder_path: Path, **options: Any) -> str:
        sent[repo_id] = {p.name: p.read_bytes() for p in Path(folder_path).iterdir()}
        return "address of the commit"

    monkeypatch.setattr(HfApi, "create_repo", create_repo)
    monkeypatch.setattr(HfApi, "upload_folder", upload_folder)
    model, hub = built("vit")
    made = hub.of(model)
    assert made.push_to_hub("digits") == "address of the commit"
    made.save_pretrained(tmp_path)
    assert sent["me/digits"] == {p.name: p.read_bytes() for p in tmp_path.iterdir()}


def test_what_a_configuration_could_not_say_is_refused() -> None:
    model, _ = built("vit")
    model.pool = MeanPool(12)
    with pytest.raises(ValueError, match="pool has kind='MeanPool' where it has 'ClassTokenPool'"):
        HubViT.of(model)
    model, _ = built("vit")
    model.blocks[1].norm2.eps = 1e-3
    with pytest.raises(ValueError, match=r"blocks\.1\.norm2 has eps=0\.001 where it has 1e-06"):
        HubViT.of(model)
    model, _ = built("conv")
    model.blocks[1].spatial[1] = nn.GELU()
    with pytest.raises(ValueError, match=r"kind='GELU' where it has 'ReLU'"):
        HubConvMixer.of(model)
    model, _ = built("vit")
    model.head = nn.Identity()
    with pytest.raises(ValueError, match=r"the ViT has no head: .*to_hugging_face"):
        HubViT.of(model)
    with pytest.raises(ValueError, match="a Linear cannot be a HubViT: give a ViT"):
        HubViT.of(nn.Linear(2, 2))
    model, _ = built("mixer")
    model.blocks[0].token_mixer = nn.Identity()
    with pytest.raises(ValueError, match="the MLPMixer was changed, and its sizes cannot be read"):
        HubMLPMixer.of(model)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    model, hub = built("vit")
    hub.of(model).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="holds no HubMLPMixer"):
        HubMLPMixer.from_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "depth": 3}))
    with pytest.raises(ValueError, match=r"(?s)holds no HubViT: .*blocks\.2"):
        HubViT.from_pretrained(tmp_path)
    weights.unlink()
    with pytest.raises(ValueError, match="holds no HubViT"):
        HubViT.from_pretrained(tmp_path)
