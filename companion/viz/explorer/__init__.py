"""Attention that can be touched, in one piece of HTML."""
