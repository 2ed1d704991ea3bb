"""Example graphs, the starter model's weights, the catalog and the default policy, as data."""
