"""Running a graph: plan, runner, result caches, checkpoints, events."""
