"""LTX-Video: text, keyframes at any frame, and the beginning of a clip, to video."""
