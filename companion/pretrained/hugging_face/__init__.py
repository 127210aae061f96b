"""Models of Hugging Face: where they lie, and their weights in and out of our classes."""
