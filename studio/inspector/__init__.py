"""The inspector and the App view: what a selected node is, and what can be set of it."""
