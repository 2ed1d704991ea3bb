"""What a model needs in memory, and where its parts lie while it works."""
