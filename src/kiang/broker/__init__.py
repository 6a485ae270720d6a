"""The broker: one loop per partition that collects commands, has the engine process them, commits, and answers."""
