"""CogVideoX: words, a first picture, or a video, to video."""
