"""Our models with `save_pretrained`, `from_pretrained` and `push_to_hub`, as Hugging Face has them.

A model is a folder, on the disk or on the hub: config.json with its sizes, model.safetensors, and a
card. Source: `PyTorchModelHubMixin`, https://huggingface.co/docs/huggingface_hub/guides/integrations.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any, Self

from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from companion.models.convmixer import ConvMixer
from companion.models.deit import DeiT
from companion.models.hybrids import Hybrid
from companion.models.mlp_mixer import MLPMixer
from companion.models.vit import ViT
from companion.pretrained.sizes import sizes_of


class OnHub(
    PyTorchModelHubMixin,
    library_name="seeing-attention",
    tags=["seeing-attention"],
    pipeline_tag="image-classification",
):
    """What the classes below have besides being models.

    `model.save_pretrained(folder)` writes a folder, `model.push_to_hub("name/model")` puts it on
    the hub, and `from_pretrained`, of the same class, reads either, for evaluation.
    """

    kind: type[nn.Module]

    @classmethod
    def of(cls, model: nn.Module) -> Self:
        """The same model as one of this class: its weights copied, and in the same mode.

        Raises:
            ValueError: it is a model of another kind, or one of its parts was exchanged or set
                to something else, which config.json could not say; it is named.
        """
        if not isinstance(model, cls.kind):
            raise ValueError(
                f"a {type(model).__name__} cannot be a {cls.__name__}: give a {cls.kind.__name__}"
            )
        if isinstance(model.head, nn.Identity):
            raise ValueError(
                f"the {cls.kind.__name__} has no head: save it in Hugging Face's own format, "
                "as to_hugging_face(model).save_pretrained(folder)"
            )
        made: Any = cls(**sizes_of(model))
        made.load_state_dict(model.state_dict())
        return made.train(model.training)

    @classmethod
    def _from_pretrained(cls, **options: Any) -> Self:
        # The mixin would leave weights that are missing as they were drawn, and it prints.
        try:
            with redirect_stdout(StringIO()):
                made: Any = super()._from_pretrained(**{**options, "strict": True})
        except (RuntimeError, TypeError, FileNotFoundError) as error:
            raise ValueError(f"{options['model_id']} holds no {cls.__name__}: {error}") from None
        return made.eval()


class HubViT(OnHub, ViT):
    """A `ViT` that can be saved, loaded and published; see `OnHub`."""

    kind = ViT


class HubDeiT(OnHub, DeiT):
    """A `DeiT` that can be saved, loaded and published; see `OnHub`."""

    kind = DeiT


class HubMLPMixer(OnHub, MLPMixer):
    """An `MLPMixer` that can be saved, loaded and published; see `OnHub`."""

    kind = MLPMixer


class HubConvMixer(OnHub, ConvMixer):
    """A `ConvMixer` that can be saved, loaded and published; see `OnHub`."""

    kind = ConvMixer


class HubHybrid(OnHub, Hybrid):
    """A `Hybrid` that can be saved, loaded and published; see `OnHub`."""

    kind = Hybrid
