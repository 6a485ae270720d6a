"""`kiang status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiang.cli.options import Address, Json, RestAddress, Timeout, connect
from kiang.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from kiang.client import Client


def status(
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 5.0,
    as_json: Json = False,
) -> None:
    """Show whether the engine answers, and how much there is in it."""
    with connect(address, rest_address, timeout) as client:
        topology = client.topology()
        counts = _counts(client)
        where = str(client.settings.grpc_address)
    if as_json:
        print_json({"topology": topology, "counts": counts})
        return
    out = console()
    out.print(f"[green]Running[/green] at {where}, gateway {topology.gateway_version}.")
    rows = [
        (partition.partition_id, f"{broker.host}:{broker.port}", partition.role, partition.health)
        for broker in topology.brokers
        for partition in broker.partitions
    ]
    print_table("Partitions", ("partition", "broker", "role", "health"), rows, empty="No partition is known.")
    if counts is None:
        out.print("The REST API does not answer: nothing can be counted (--rest-address).")
    else:
        print_table("Inside", ("what", "count"), counts.items(), empty="")


def _counts(client: Client) -> dict[str, int] | None:
    from kiang.client import FoundIncident, FoundProcessDefinition, FoundProcessInstance  # noqa: PLC0415
    from kiang.errors import ClientError  # noqa: PLC0415

    questions: dict[str, tuple[type[Any], dict[str, Any]]] = {
        "process definitions": (FoundProcessDefinition, {}),
        "active process instances": (FoundProcessInstance, {"state": "ACTIVE"}),
        "completed process instances": (FoundProcessInstance, {"state": "COMPLETED"}),
        "open incidents": (FoundIncident, {"state": "ACTIVE"}),
    }
    try:
        return {name: client.search(kind, wanted, limit=1).total_items for name, (kind, wanted) in questions.items()}
    except ClientError:
        return None
