"""A training step of our ViT beside timm's, vit-pytorch's and transformers'."""
