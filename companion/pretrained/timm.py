"""timm's published vision transformers in our own class, name for name.

Source of the names: timm's `vision_transformer.py`, https://github.com/huggingface/pytorch-image-models.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from einops import rearrange
from torch import Tensor, nn

from companion.inspection.adapters.wrappers import plain_name
from companion.models.vit import ViT
from companion.parts.patches import PatchGrid
from companion.pretrained.plain import require_plain_vit

# timm's name (a pattern) -> ours. What is not listed is refused, so nothing is lost in silence.
VIT_NAMES = {
    r"cls_token": r"class_token.token",
    r"pos_embed": r"positions.table",
    r"patch_embed\.proj\.(weight|bias)": r"embed.projection.\1",
    r"blocks\.(\d+)\.norm([12])\.(weight|bias)": r"blocks.\1.norm\2.\3",
    r"blocks\.(\d+)\.attn\.qkv\.(weight|bias)": r"blocks.\1.token_mixer.qkv.\2",
    r"blocks\.(\d+)\.attn\.proj\.(weight|bias)": r"blocks.\1.token_mixer.output.\2",
    r"blocks\.(\d+)\.mlp\.fc1\.(weight|bias)": r"blocks.\1.channel_mixer.expand.\2",
    r"blocks\.(\d+)\.mlp\.fc2\.(weight|bias)": r"blocks.\1.channel_mixer.contract.\2",
    r"norm\.(weight|bias)": r"pool.norm.\1",
    r"head\.(weight|bias)": r"head.\1",
}


def rename(weights: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Give each weight its name in our model.

    Raises:
        ValueError: a weight's name matches none of the patterns.
    """
    renamed = {}
    unknown = []
    for old, weight in weights.items():
        pattern = next((p for p in names if re.fullmatch(p, old)), None)
        if pattern is None:
            unknown.append(old)
        else:
            renamed[re.sub(pattern, names[pattern], old)] = weight
    if unknown:
        raise ValueError(
            f"{len(unknown)} of {len(weights)} weights have no place in this model, "
            f"first {sorted(unknown)[:3]}: is this a plain ViT with a class token?"
        )
    return renamed


def load_vit(source: str | Path | nn.Module, *, heads: int | None = None) -> ViT:
    """A `ViT` with timm's weights, in evaluation mode; its logits are those of timm's model.

    A model is looked at module by module, and refused where it computes something else than a
    plain ViT. A file says nothing of that (activation, eps, heads): it is taken for a plain ViT's.

    Args:
        source: a timm model, also inside `torch.compile` or `DataParallel`, which takes images of
            other sizes if timm's does (`dynamic_img_size`); or a safetensors file of its weights,
            a path or text that ends in ".safetensors"; or a timm model name such as
            "vit_base_patch16_224", which is downloaded.
        heads: attention heads of each block. The weights of a file do not tell; elsewhere it
            is read from the model.

    Raises:
        ValueError: the model or the weights are not a plain ViT's, which names the difference, the
            file is missing, or the number of heads is not known or not the model's.
    """
    if isinstance(source, str) and source.endswith(".safetensors"):
        source = Path(source)
    if isinstance(source, str):
        import timm

        source = timm.create_model(source, pretrained=True)
    if not isinstance(source, nn.Module):
        if heads is None:
            raise ValueError(f"{source} does not say how many heads it has: pass heads=...")
        return _vit_from(_read(source), heads)
    model = require_plain_vit(source)
    if heads not in (None, model.blocks[0].attn.num_heads):
        raise ValueError(f"heads={heads}: the model has {model.blocks[0].attn.num_heads}")
    weights = {plain_name(name): weight for name, weight in model.state_dict().items()}
    any_size = bool(model.dynamic_img_size)
    return _vit_from(weights, model.blocks[0].attn.num_heads, any_size=any_size)


def _read(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a complete safetensors file ({error}): fetch it again"
        ) from None


def _vit_from(weights: Mapping[str, Tensor], heads: int, *, any_size: bool = False) -> ViT:
    needed = {"cls_token", "pos_embed", "patch_embed.proj.weight", "head.weight"}
    missing = sorted(needed - weights.keys())
    if missing:
        raise ValueError(f"not the weights of a ViT with class token and head: no {missing}")
    kernel = weights["patch_embed.proj.weight"]
    dim, channels, patch_size, _ = kernel.shape
    side = round((weights["pos_embed"].shape[1] - 1) ** 0.5)
    blocks = 1 + max(int(n.split(".")[1]) for n in weights if n.startswith("blocks."))
    renamed = rename(weights, VIT_NAMES)
    renamed["embed.projection.weight"] = rearrange(kernel, "d c p q -> d (c p q)")
    model = ViT(
        PatchGrid(side * patch_size, patch_size, channels),
        dim=dim,
        depth=blocks,
        heads=heads,
        num_classes=len(weights["head.weight"]),
        mlp_dim=len(weights["blocks.0.mlp.fc1.weight"]),
        any_size=any_size,
    )
    try:
        model.load_state_dict(renamed)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit a plain ViT: {error}") from None
    return model.eval()
