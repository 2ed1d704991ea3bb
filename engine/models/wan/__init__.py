"""Wan 2.1 and 2.2: words, pictures, a video, or a guiding video, to video."""
