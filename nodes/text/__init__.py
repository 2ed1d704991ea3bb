"""Nodes that write and shape text."""
