"""The watermark of sound: faint, keyed changes of loudness in narrow bands of frequency."""
