"""What goes into a model: labelled images, pairs of sequences, captions, and one way to batches."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
