"""Pipelines of diffusers that no family of ours claims, run as they are, step by step."""
