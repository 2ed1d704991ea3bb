"""Model families behind one protocol; stands on `values` and knows no graph."""
