"""What models are made of: patches, positions, attention, blocks, and their composition."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
