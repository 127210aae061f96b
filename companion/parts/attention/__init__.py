"""Attention: multi-head, across two sequences, additive; its masks and its tap."""
