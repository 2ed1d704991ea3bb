"""Nodes that choose between values, and make lists of them."""
