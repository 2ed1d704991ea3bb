"""Nodes that sample, decode and encode video."""
