"""Takedown requests, and the perceptual hashes that keep what they name from coming back."""
