"""The machines that run graphs: the child on this computer, and lines to clusters.  Knows no screen."""
