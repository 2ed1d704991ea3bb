"""The command line: `reelwright`.  The commands themselves are in `commands`, one a file."""
