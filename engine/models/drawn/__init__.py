"""Published models with random weights: how fast a model is does not depend on what it learned."""
