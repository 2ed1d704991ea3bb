"""Where agents are placed and restarted: by processes here, Ray, Slurm or Kubernetes."""
