"""Captions of photographs in three languages, to learn translation from."""
