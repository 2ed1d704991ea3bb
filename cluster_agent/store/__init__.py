"""Where the broker's jobs rest: one protocol, several databases, one suite of tests for all."""
