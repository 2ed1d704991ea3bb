"""HunyuanVideo 1.5: words, or a first picture and words, to video."""
