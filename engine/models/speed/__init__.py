"""What makes sampling faster: step caches, attention kernels, compiled blocks."""
