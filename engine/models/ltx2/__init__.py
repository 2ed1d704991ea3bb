"""LTX-2: picture and sound sampled together, from words and keyframes."""
