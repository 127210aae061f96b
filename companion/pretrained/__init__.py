"""Published weights in and out of our models."""

from companion.pretrained.timm import load_vit

__all__ = ["load_vit"]
