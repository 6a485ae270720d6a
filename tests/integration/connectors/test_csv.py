"""CSV connector: its example through engine and runtime."""

from __future__ import annotations

from tests.integration.connectors.examples import example_of
from tests.integration.running_engine import RunningEngine

from kiang.connectors.csv import CsvConnector


async def test_the_example_reads_a_table_and_writes_what_it_keeps(engine: RunningEngine) -> None:
    async with example_of("csv", engine, CsvConnector) as example:
        variables = await example.run(table="order;amount\nA-1;30\nA-2;300\n")

    assert variables["orders"] == [{"order": "A-1", "amount": "30"}, {"order": "A-2", "amount": "300"}]
    assert variables["large"] == "order,amount\r\nA-2,300\r\n"
