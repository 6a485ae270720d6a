"""CSV connector: reads and writes comma-separated values."""

from kiang.connectors.csv.connector import CsvConnector

__all__ = ["CsvConnector"]
