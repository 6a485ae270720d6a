"""The rows that the engine works on: one file per table, with its row type, indexes and questions."""
