"""`kiang cancel`."""

from __future__ import annotations

from typing import Annotated

import typer

from kiang.cli.options import Address, Json, RestAddress, Timeout, connect
from kiang.cli.output import console, print_json


def cancel(
    process_instance_keys: Annotated[list[int], typer.Argument(metavar="KEY...", help="Keys of process instances.")],
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """Cancel process instances: everything in them ends, their jobs go away.

    Example: kiang cancel 2251799813685251
    """
    with connect(address, rest_address, timeout) as client:
        for key in process_instance_keys:
            client.cancel_process_instance(key)
    if as_json:
        print_json({"cancelled": [str(key) for key in process_instance_keys]})
    else:
        count = len(process_instance_keys)
        console().print(f"Cancelled {count} process instance{'s' if count > 1 else ''}.")
