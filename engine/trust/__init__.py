"""Provenance and policy: who signed a file, what it says of itself, and what may be asked for."""
