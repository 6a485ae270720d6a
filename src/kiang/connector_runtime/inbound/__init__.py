"""Inbound connectors: found in deployed processes, started, and their events taken to the engine."""
