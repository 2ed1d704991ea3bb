"""Nodes that change pictures and the frames of a video."""
