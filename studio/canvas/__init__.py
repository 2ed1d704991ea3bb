"""The node editor: a graph as nodes and links that can be seen, moved and wired."""
