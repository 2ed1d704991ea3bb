"""What people do to a document, as pure functions that make edits; no Qt."""
