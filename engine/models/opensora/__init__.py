"""Open-Sora 2.0, whose denoiser diffusers does not have."""
