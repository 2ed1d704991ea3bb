"""The graph as data: document, node declaration, validation, edits, flattening, migrations."""
