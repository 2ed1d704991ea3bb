"""The agent: one a server.  A pure state machine, its shell, and the worker processes."""
