"""What networks cost: FLOPs and weights by family, counted from a model's published settings."""
