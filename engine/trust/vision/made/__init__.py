"""Whether a machine made a video: statistics of an encoder's embeddings, and weak evidence."""
