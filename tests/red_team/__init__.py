"""The red-team set: prompts that must be blocked, look-alikes that must pass, and the measure."""
