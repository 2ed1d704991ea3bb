"""One command a file; `studio.cli.table` lists them and is all that `--help` reads."""
