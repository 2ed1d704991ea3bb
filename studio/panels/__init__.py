"""Docks: what runs, what ran, and where it can run."""
