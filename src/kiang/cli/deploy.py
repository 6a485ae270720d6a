"""`kiang deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kiang.cli.options import Address, Json, RestAddress, Timeout, connect
from kiang.cli.output import print_json, print_table


def deploy(
    files: Annotated[list[Path], typer.Argument(help="BPMN, DMN and form files.", exists=True, dir_okay=False)],
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 30.0,
    as_json: Json = False,
) -> None:
    """Deploy files, all of them or none.

    A file that has not changed since its last deployment gets no new version. If a file has faults, all of them are shown.

    Example: kiang deploy order.bpmn discount.dmn
    """
    with connect(address, rest_address, timeout) as client:
        deployment = client.deploy(*files)
    if as_json:
        print_json(deployment)
        return
    rows: list[tuple[object, ...]] = []
    rows += [
        ("process", p.process_definition_id, p.version, p.process_definition_key, p.resource_name)
        for p in deployment.processes
    ]
    rows += [
        ("decision", d.decision_definition_id, d.version, d.decision_definition_key, d.name)
        for d in deployment.decisions
    ]
    rows += [
        ("decision requirements", g.decision_requirements_id, g.version, g.decision_requirements_key, g.resource_name)
        for g in deployment.decision_requirements
    ]
    rows += [("form", f.form_id, f.version, f.form_key, f.resource_name) for f in deployment.forms]
    print_table("Deployed", ("kind", "id", "version", "key", "from"), rows, empty="Nothing was deployed.")
