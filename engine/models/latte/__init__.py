"""Latte: words to video."""
