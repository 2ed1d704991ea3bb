"""The viewer: playing what nodes made, and comparing it."""
