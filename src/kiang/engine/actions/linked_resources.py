"""Deployed files that a job's element links to: the worker finds their keys in a header of the job."""

from __future__ import annotations

from collections.abc import Iterable

from kiang.bpmn.model import LinkedResource
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.generic_resource import GenericResource, versions_of
from kiang.engine.state.state import Scope
from kiang.protocol.document import quote
from kiang.protocol.enums import BindingType, ErrorType

HEADER = "linkedResources"

NOT_FOUND_TEXT = (
    "Expected to link a resource with id '{id}', but no resource with this id is found, at least a resource with this id"
    " should be available. To resolve the Incident please deploy a resource with the same id.\n"
)
NOT_TAGGED_TEXT = (
    "Expected to link a resource with id '{id}' and version tag '{tag}', but no such resource found. To resolve the"
    " incident, deploy a resource with the given id and version tag.\n"
)
NOT_IN_DEPLOYMENT_TEXT = (
    "Expected to link a resource with id '{id}' and binding type 'deployment', but no such resource found in the deployment"
    " with key {key} which contained the current process. To resolve this incident, migrate the process instance to a process"
    " definition that is deployed together with the intended resource to use."
)


def header_of(p: Processing, scope: Scope, linked: Iterable[LinkedResource]) -> dict[str, str]:
    """The header with the keys of the files, as a JSON list; no header for no files.

    Raises:
        Failure: One of them is not deployed.
    """
    items = [
        f'{{"resourceKey":"{_find(p, scope, one).key}","resourceType":{quote(one.resource_type)},'
        f'"linkName":{quote(one.link_name)}}}'
        for one in linked
    ]
    return {HEADER: f"[{','.join(items)}]"} if items else {}


def _find(p: Processing, scope: Scope, linked: LinkedResource) -> GenericResource:
    versions = versions_of(p.state, linked.resource_id, scope.tenant_id)
    match linked.binding:
        case BindingType.DEPLOYMENT:
            definition = p.state.definition(scope.process_definition_key)
            assert definition is not None
            key = definition.row.deployment_key
            versions = [version for version in versions if version.deployment_key == key]
            text = NOT_IN_DEPLOYMENT_TEXT.format(id=linked.resource_id, key=key)
        case BindingType.VERSION_TAG:
            versions = [version for version in versions if version.version_tag == linked.version_tag]
            text = NOT_TAGGED_TEXT.format(id=linked.resource_id, tag=linked.version_tag)
        case _:
            text = NOT_FOUND_TEXT.format(id=linked.resource_id)
    if not versions:
        raise Failure(ErrorType.RESOURCE_NOT_FOUND, text, scope.key)
    return versions[-1]
