"""Front ends: the command line, and the desktop application.  Knows the screen."""
