"""The engine: commands in, events decided, rows changed, answers out. Pure: no I/O, no clock, no randomness, no logging."""
