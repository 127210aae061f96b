"""The explorer of a text's tokens."""
