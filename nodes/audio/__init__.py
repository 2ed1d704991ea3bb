"""Nodes that handle sound."""
