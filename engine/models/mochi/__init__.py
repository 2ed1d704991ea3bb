"""Mochi 1: words to video."""
