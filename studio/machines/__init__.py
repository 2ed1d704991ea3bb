"""The machines that run graphs: the child on this computer, lines to clusters, and their front."""
