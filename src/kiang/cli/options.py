"""Options that many commands share, and the client that they describe."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus

if TYPE_CHECKING:
    from kiang.client import Client

Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        "-a",
        metavar="HOST:PORT",
        help="The engine's gRPC address. Else ZEEBE_ADDRESS or ZEEBE_GRPC_ADDRESS; else localhost:26500.",
        rich_help_panel="Connection",
    ),
]
RestAddress = Annotated[
    str | None,
    typer.Option(
        "--rest-address",
        metavar="URL",
        help="The engine's REST address. Else ZEEBE_REST_ADDRESS; else http://localhost:8080.",
        rich_help_panel="Connection",
    ),
]
Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait.", rich_help_panel="Connection"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Print at most so many.")]


def connect(address: str | None, rest_address: str | None, timeout_s: float) -> Client:
    """The client for these options. It repeats nothing for long: whoever types a command wants to know soon."""
    from kiang.client import Client, RetryPolicy  # noqa: PLC0415 - `--help` does without

    return Client(
        address,
        rest_address=rest_address,
        wire=None if address is None else "grpc",
        timeout=timedelta(seconds=timeout_s),
        retries=RetryPolicy(attempts=3),
    )


def parse_variables(pairs: list[str], document: str | None) -> dict[str, Any]:
    """Variables from `--var name=value` and `--variables JSON` (or `@FILE`); single ones win.

    Raises:
        CommandError: Something of it is not what it has to be.
    """
    import msgspec  # noqa: PLC0415 - `--help` does without

    variables: dict[str, Any] = {}
    if document:
        text = _read(document[1:]) if document.startswith("@") else document.encode()
        try:
            variables = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise CommandError(
                f"Expected --variables to be a JSON object, but: {error}.",
                hint="For example --variables '{\"amount\": 30}', or --variables @order.json for a file.",
                status=ExitStatus.USAGE,
            ) from error
    for pair in pairs:
        name, separator, text_value = pair.partition("=")
        if not separator or not name:
            raise CommandError(
                f"Expected --var to be NAME=VALUE, but it is {pair!r}.",
                hint="For example --var amount=30 --var customer=Ada --var 'items=[1,2]'.",
                status=ExitStatus.USAGE,
            )
        try:
            variables[name] = msgspec.json.decode(text_value)
        except msgspec.MsgspecError:
            variables[name] = text_value  # no JSON: a text, without quotes for people in a hurry
    return variables


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - one read
            return file.read()
    except OSError as error:
        raise CommandError(f"Expected to read {path}, but: {error.strerror}.", status=ExitStatus.USAGE) from error
