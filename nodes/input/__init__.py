"""Nodes that bring files and values into the graph."""
