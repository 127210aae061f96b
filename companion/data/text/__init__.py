"""Sequences of symbols: generated ones, written dates, and translated sentences."""
