"""The fair queue: which job runs next, and what everybody is charged.  Pure."""
