"""The explorer of an image's patches."""
