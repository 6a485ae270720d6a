"""The catalogue of connectors: one folder each, all of one shape."""
