"""The watermark in the picture: a faint tiled pattern of luma that is laid over every frame."""
