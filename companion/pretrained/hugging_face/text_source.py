"""A published text model, opened: its configuration and its weights, before they are ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from companion.inspection.adapters.wrappers import plain_name, unwrapped
from companion.pretrained.hugging_face.folder import CONFIG, WEIGHTS, model_folder
from companion.pretrained.names import read_weights

# What our encoder computes. A setting that a configuration leaves out has this value.
PLAIN: dict[str, dict[str, object]] = {
    "bert": {
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "is_decoder": False,
        "add_cross_attention": False,
    },
    "distilbert": {"activation": "gelu"},
}
OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}  # of the norms, in the first checkpoints
COUNTERS = (".position_ids", ".token_type_ids")  # buffers that older versions stored


class Source(NamedTuple):
    """A model to take weights from.

    Attributes:
        family: "bert" or "distilbert".
        config: what its `config.json` says.
        weights: by name; those of the body without the family's name before.
        heads: all others, such as the pooler, by the names of a sequence classifier.
    """

    family: str
    config: Mapping[str, Any]
    weights: dict[str, Tensor]
    heads: dict[str, Tensor]


def opened(source: str | Path | nn.Module) -> Source:
    """What is in a model, in its folder, or in the folder of that name (`model_folder`).

    Raises:
        ValueError: it is no BERT and no DistilBERT, computes something else than the plain kind, or
            is not there.
    """
    if isinstance(source, nn.Module):
        model: Any = unwrapped(source)
        if not hasattr(model, "config"):
            raise ValueError(
                f"{type(model).__name__} is not a model of transformers: it has no config"
            )
        config, weights = model.config.to_dict(), dict(model.state_dict())
    else:
        config, weights = _read(
            Path(source) if Path(source).is_dir() else model_folder(str(source))
        )
    family = str(config.get("model_type"))
    _require_plain(family, config)
    body, heads = {}, {}
    for name, weight in weights.items():
        name = plain_name(name).removeprefix(f"{family}.")
        for old, new in OLD_NAMES.items():
            name = name.removesuffix(old) + new if name.endswith(old) else name
        if name.partition(".")[0] in ("embeddings", "encoder", "transformer"):
            if not name.endswith(COUNTERS):
                body[name] = weight
        else:
            heads[f"bert.{name}" if name.startswith("pooler.") else name] = weight
    return Source(family, config, body, heads)


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{folder / CONFIG} cannot be read ({error}): give a model's folder"
        ) from None
    return config, read_weights(folder / WEIGHTS)


def _require_plain(family: str, config: Mapping[str, Any]) -> None:
    if family not in PLAIN:
        raise ValueError(
            f"model_type={family!r}: our text encoder is BERT ('bert') or 'distilbert'"
        )
    for setting, plain in PLAIN[family].items():
        if config.get(setting, plain) != plain:
            raise ValueError(
                f"{setting}={config[setting]!r}: our text encoder computes what {plain!r} means"
            )
