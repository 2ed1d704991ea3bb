"""Nodes that write finished files, or show a value."""
