"""Labelled images: real sets in any layout people keep them in, and the digits of scikit-learn."""
