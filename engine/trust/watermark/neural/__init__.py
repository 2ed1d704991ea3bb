"""Marks that networks of the user's own put into the picture and read: Video Seal and its like."""
