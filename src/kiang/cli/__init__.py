"""The command line, and with `kiang serve` the composition root of the engine."""
