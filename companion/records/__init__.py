"""What a record says beside its values: machine, versions, date; and files written whole."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
