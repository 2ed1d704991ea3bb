"""The same machines over a simulated clock, network, disk and chance; a seed replays exactly."""
