"""Nodes that load a model and tell it what to show."""
