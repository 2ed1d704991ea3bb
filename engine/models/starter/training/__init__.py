"""How the starter model was made: its world, its training, its judge.  Never imported to run it."""
