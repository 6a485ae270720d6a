"""CSV connector: operations `readCsv` and `writeCsv`, as Camunda's template names them."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Iterator
from typing import Annotated, Any

from kiang.connector_sdk import (
    ConnectorInput,
    ConnectorInputError,
    Document,
    Header,
    OutboundContext,
    operation,
    outbound_connector,
)
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.template import Choice, Condition, Group, Template, TemplateField

ROWS_MAX = 100_000
"""Rows of one file; a process variable cannot hold more anyway."""

TEMPLATE = Template(
    id="io.kiang.connectors.Csv.v1",
    name="CSV Connector",
    description="Read CSV into variables, write variables as CSV",
    keywords=("csv", "table", "read", "write"),
    groups=(Group("data", "Data"), Group("format", "Format")),
    example={"records": [{"name": "Ada", "amount": "30"}]},
)


class RowType(enum.Enum):
    """What one row becomes."""

    OBJECT = "Object"
    ARRAY = "Array"


class Format(ConnectorInput):
    """How the file is written.

    Attributes:
        skip_header_record: The first row names the columns (reading), or is written (writing).
        headers: Names of the columns; those of the first row unless given.
    """

    delimiter: Annotated[str, TemplateField(group="format", default=",")] = ","
    skip_header_record: Annotated[bool, TemplateField(label="First row names the columns", group="format")] = True
    headers: Annotated[list[str] | None, TemplateField(group="format")] = None


class ReturnFormat(ConnectorInput):
    """Where written text goes."""

    choice: Annotated[
        str, TemplateField(group="format", choices=(Choice("TEXT", "Text"), Choice("DOCUMENT", "Document")))
    ] = "TEXT"
    encoding: Annotated[
        str,
        TemplateField(
            group="format",
            condition=Condition("writeCsv:documentReturnFormat.choice", equals="TEXT"),
        ),
    ] = "UTF-8"


class ReadCsv(ConnectorInput):
    """Input of `readCsv`."""

    document: Annotated[Document | str, TemplateField(label="Document or text", group="data")]
    format: Format = Format()
    row_type: Annotated[RowType, TemplateField(group="format")] = RowType.OBJECT


class WriteCsv(ConnectorInput):
    """Input of `writeCsv`: rows as objects or as lists."""

    data: Annotated[list[Any], TemplateField(group="data", feel="required")]
    format: Format = Format()
    document_return_format: ReturnFormat = ReturnFormat()


@outbound_connector(name="CSV", type="io.camunda:csv-connector", template=TEMPLATE)
class CsvConnector:
    """Reads and writes CSV."""

    @operation("readCsv", name="Read CSV")
    async def read_csv(
        self,
        data: ReadCsv,
        record_mapper: Annotated[FeelFunction | None, Header("recordMapper", required=False)] = None,
    ) -> dict[str, Any]:
        """The rows of a file; a record mapper sees each as `record`, what it makes null is left out."""
        content = await data.document.read() if isinstance(data.document, Document) else data.document.encode()
        records: list[Any] = []
        for row in _rows(content.decode("utf-8-sig", "replace"), data.format, data.row_type):
            record = row if record_mapper is None else record_mapper({"record": row})
            if record is not None:
                records.append(record)
        return {"records": records}

    @operation("writeCsv", name="Write CSV")
    async def write_csv(self, data: WriteCsv, context: OutboundContext) -> dict[str, Any]:
        """The rows as text or as a document."""
        text = _written(data.data, data.format)
        if data.document_return_format.choice.upper() == "DOCUMENT":
            document = await context.create_document(text.encode(), file_name="data.csv", content_type="text/csv")
            return {"document": document}
        return {"content": text}


def _dialect(rules: Format) -> str:
    if len(rules.delimiter) != 1:
        raise ConnectorInputError("Expected the delimiter to be one character.")
    return rules.delimiter


def _rows(text: str, rules: Format, row_type: RowType) -> Iterator[Any]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_dialect(rules))
    names: list[str] | None = rules.headers
    try:
        for number, row in enumerate(reader):
            if number > ROWS_MAX:
                raise ConnectorInputError(f"Expected at most {ROWS_MAX} rows.")
            if number == 0 and rules.skip_header_record:
                names = names or row
                continue
            if not row:
                continue
            if row_type is RowType.ARRAY:
                yield row
                continue
            if names is None:
                raise ConnectorInputError("Expected headers to name the columns, since the first row does not.")
            yield dict(zip(names, [*row, *[None] * (len(names) - len(row))], strict=False))
    except csv.Error as error:
        raise ConnectorInputError(f"Expected CSV, but row {reader.line_num} is none: {error}.") from None


def _written(rows: list[Any], rules: Format) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=_dialect(rules), lineterminator="\r\n")
    names = rules.headers
    if names is None and rows and isinstance(rows[0], dict):
        names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    if names is not None and rules.skip_header_record:
        writer.writerow(names)
    for row in rows:
        if isinstance(row, dict):
            writer.writerow([_cell(row.get(name)) for name in names or row])
        elif isinstance(row, list):
            writer.writerow([_cell(value) for value in row])
        else:
            raise ConnectorInputError("Expected each row to be an object or a list.")
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
