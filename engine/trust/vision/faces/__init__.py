"""Faces of protected persons: found in pictures, compared, and kept as embeddings alone."""
