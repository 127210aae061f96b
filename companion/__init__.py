"""The code that the chapters of *Seeing Attention* import.

Importing this package costs next to nothing: torch and the rest come with the sub-packages.
"""

__version__ = "0.1.0"
