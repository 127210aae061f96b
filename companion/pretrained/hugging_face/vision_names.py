"""Weights under the names of Hugging Face's ViT, of transformers 4 and of 5, and under ours.

Theirs has a query, a key and a value where ours has one map for the three.
"""

from collections.abc import Mapping

from torch import Tensor

from companion.pretrained.hugging_face.projections import joined_attention, parted_attention
from companion.pretrained.names import inverse, rename

EMBEDDINGS = {
    "embeddings.cls_token": "class_token.token",
    "embeddings.position_embeddings": "positions.table",
    "embeddings.patch_embeddings.projection": "embed.projection",
    "layernorm": "pool.norm",
}
VERSION_4 = {
    "encoder.layer.#.layernorm_before": "blocks.#.norm1",
    "encoder.layer.#.attention.attention.query": "blocks.#.token_mixer.query",
    "encoder.layer.#.attention.attention.key": "blocks.#.token_mixer.key",
    "encoder.layer.#.attention.attention.value": "blocks.#.token_mixer.value",
    "encoder.layer.#.attention.output.dense": "blocks.#.token_mixer.output",
    "encoder.layer.#.layernorm_after": "blocks.#.norm2",
    "encoder.layer.#.intermediate.dense": "blocks.#.channel_mixer.expand",
    "encoder.layer.#.output.dense": "blocks.#.channel_mixer.contract",
}
VERSION_5 = {
    "layers.#.layernorm_before": "blocks.#.norm1",
    "layers.#.attention.q_proj": "blocks.#.token_mixer.query",
    "layers.#.attention.k_proj": "blocks.#.token_mixer.key",
    "layers.#.attention.v_proj": "blocks.#.token_mixer.value",
    "layers.#.attention.o_proj": "blocks.#.token_mixer.output",
    "layers.#.layernorm_after": "blocks.#.norm2",
    "layers.#.mlp.fc1": "blocks.#.channel_mixer.expand",
    "layers.#.mlp.fc2": "blocks.#.channel_mixer.contract",
}


def vit_names(version: Mapping[str, str]) -> dict[str, str]:
    """Of a ViT with head."""
    body = {f"vit.{old}": new for old, new in {**EMBEDDINGS, **version}.items()}
    return {**body, "classifier": "head"}


def body_names(version: Mapping[str, str]) -> dict[str, str]:
    """Of a ViT without head, as DINO's."""
    return {**EMBEDDINGS, **version}


def deit_names(version: Mapping[str, str]) -> dict[str, str]:
    """Of a DeiT with distillation token and two heads."""
    body = {f"deit.{old}": new for old, new in {**EMBEDDINGS, **version}.items()}
    return {
        **body,
        "deit.embeddings.cls_token": "class_token.label.token",
        "deit.embeddings.distillation_token": "class_token.distillation.token",
        "cls_classifier": "head.label",
        "distillation_classifier": "head.teacher",
    }


def version_of(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """The names that these weights have in their blocks."""
    return VERSION_4 if any("encoder.layer." in name for name in weights) else VERSION_5


def ours(weights: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Weights under our names. Raises `ValueError` where one has no place."""
    return joined_attention(rename(weights, names))


def theirs(weights: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Weights under Hugging Face's names. Raises `ValueError` where one has no place."""
    return rename(parted_attention(weights), inverse(names))
