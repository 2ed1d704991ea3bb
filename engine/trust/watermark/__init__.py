"""The invisible watermark: a number hidden in the picture and in the sound, read with a key."""
