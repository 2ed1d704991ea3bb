"""The graph and everything that computes; knows neither screen nor network."""
