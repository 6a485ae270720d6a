"""Built-in functions, one file per family."""
