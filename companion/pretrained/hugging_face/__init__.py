"""Hugging Face: its Vision Transformers in and out of our classes, and ours in its format."""
