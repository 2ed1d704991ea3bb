"""Running a graph: plan, runner, result caches, checkpoints, events."""

import logging

# Traces of failed nodes are for whoever sets a log up, never for the terminal of one who did not.
logging.getLogger(__name__).addHandler(logging.NullHandler())
