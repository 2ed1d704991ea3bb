"""Nodes that check what may be made."""
