"""HunyuanVideo: words, or a first picture and words, to video."""
