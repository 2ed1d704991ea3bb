"""Inputs, results and checkpoints by their content's digest, and how they travel."""
