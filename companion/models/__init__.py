"""One file per paper."""

from companion.models.vit import ViT

__all__ = ["ViT"]
