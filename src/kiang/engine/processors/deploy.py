"""Deploy: files become versions of what they hold (engine-semantics §23, protocol §3.12)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

from kiang.engine.processing import Processing, Refused
from kiang.engine.resources import ANY_KIND, PARSERS
from kiang.engine.resources.dmn import DmnFile
from kiang.engine.resources.resource import DeploymentFault, ParsedResource
from kiang.protocol.answers import Deployed, DeployedItem
from kiang.protocol.commands import Deploy
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import ResourceDeployed

FAULTS_TEXT = "Expected to deploy new resources, but encountered the following errors:"


class ResourcePlace(NamedTuple):
    """Where a file is deployed."""

    deployment_key: int
    resource_key: int
    tenant_id: str


def deploy(p: Processing, command: Deploy) -> Deployed:
    """All or nothing. What has not changed keeps its version, unless something else in the deployment is new."""
    if not command.resources:
        raise Refused(RejectionType.INVALID_ARGUMENT, "Expected to deploy at least one resource, but none given")
    parsed = _parse(p, command)
    key = p.state.next_key()
    known = [resource.duplicates(p, command.tenant_id) for resource in parsed]
    items: list[DeployedItem] = []
    if all(found is not None for found in known):
        for found in known:
            items += found or ()
        return Deployed(key, command.tenant_id, tuple(items))
    for (name, content), resource in zip(command.resources, parsed, strict=True):
        place = ResourcePlace(key, p.state.next_key(), command.tenant_id)
        p.emit(ResourceDeployed(place.resource_key, name, content, resource.checksum, key, command.tenant_id))
        items += resource.create(p, place)
    return Deployed(key, command.tenant_id, tuple(items))


def _parse(p: Processing, command: Deploy) -> list[ParsedResource]:
    """All files, or the faults of all of them, in the order of the files."""
    parsed: list[tuple[int, ParsedResource]] = []
    faults: dict[int, list[str]] = {}
    for index, (name, content) in enumerate(command.resources):
        parse = PARSERS.get(PurePosixPath(name).suffix, ANY_KIND if command.takes_any_kind else None)
        if parse is None:
            faults[index] = [f"\n'{name}': unknown resource type"]
            continue
        try:
            parsed.append((index, parse(name, content, p.now)))
        except DeploymentFault as fault:
            faults[index] = [str(fault)]
    owners: dict[tuple[str, str], str] = {}
    resources = [resource for _, resource in parsed]
    for index, resource in parsed:
        if isinstance(resource, DmnFile):
            try:
                resource.link(p, resources, command.tenant_id)
            except DeploymentFault as fault:
                faults[index] = [str(fault)]
                continue
        name = command.resources[index][0]
        for pattern, id_ in resource.ids():
            first = owners.setdefault((pattern, id_), name)
            if first is not name:
                faults[index] = [pattern.format(id=id_, first=first, second=name)]
                break
    if faults:
        texts = [text for _, found in sorted(faults.items()) for text in found]
        raise Refused(RejectionType.INVALID_ARGUMENT, "\n".join([FAULTS_TEXT, *texts]))
    return resources
