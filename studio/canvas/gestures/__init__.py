"""Hands on the canvas: what mouse and keys do, as small drags and commands."""
