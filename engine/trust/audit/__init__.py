"""The audit log: append-only, chained by hashes, with a signed head."""
