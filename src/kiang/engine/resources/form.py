"""Form files: JSON with an id (protocol §3.12)."""

from __future__ import annotations

import hashlib

import msgspec

from kiang.engine.processing import Processing
from kiang.engine.resources.resource import DeploymentFault, Place
from kiang.engine.state.form import forms_of, last_version
from kiang.protocol.answers import DeployedForm, DeployedItem
from kiang.protocol.events import FormDeployed

DUPLICATE_TEXT = (
    "Expected the form ids to be unique within a deployment but found a duplicated id '{id}' in the resources '{first}'"
    " and '{second}'."
)


class FormFile:
    """One form."""

    def __init__(self, name: str, checksum: str, form_id: str, version_tag: str) -> None:
        self.name = name
        self.checksum = checksum
        self.form_id = form_id
        self.version_tag = version_tag

    def ids(self) -> list[tuple[str, str]]:
        """The form id."""
        return [(DUPLICATE_TEXT, self.form_id)]

    def duplicates(self, p: Processing, tenant_id: str) -> list[DeployedItem] | None:
        """The latest version, if it is from the same file with the same content."""
        versions = forms_of(p.state, self.form_id, tenant_id)
        if not versions or versions[-1].checksum != self.checksum or versions[-1].resource_name != self.name:
            return None
        latest = versions[-1]
        return [DeployedForm(latest.key, self.form_id, latest.version, self.name, tenant_id)]

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """A new version, one more than the last ever; but the first again while all are deleted."""
        is_there = bool(forms_of(p.state, self.form_id, place.tenant_id))
        version = last_version(p.state, self.form_id, place.tenant_id) + 1 if is_there else 1
        key = p.state.next_key()
        p.emit(
            FormDeployed(
                key,
                self.form_id,
                version,
                self.version_tag,
                place.resource_key,
                self.name,
                self.checksum,
                place.deployment_key,
                place.tenant_id,
            )
        )
        return [DeployedForm(key, self.form_id, version, self.name, place.tenant_id)]


def parse_form(name: str, content: bytes, now: int) -> FormFile:  # noqa: ARG001 - the table's signature
    """Read a form file.

    Raises:
        DeploymentFault: It is no JSON object with an id.
    """
    try:
        form = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeploymentFault(f"Failed to parse formId from form JSON. '{name}': {error}") from None
    if not isinstance(form, dict):
        raise DeploymentFault(f"Failed to parse formId from form JSON. '{name}': Expected a JSON object")
    form_id = form.get("id")
    if form_id is None:
        raise DeploymentFault("Expected the form id to be present, but none given")
    if isinstance(form_id, dict | list):
        raise DeploymentFault(f"Failed to parse formId from form JSON. '{name}': Expected the id to be a text")
    if not isinstance(form_id, str):
        form_id = msgspec.json.encode(form_id).decode()
    if not form_id.strip():
        raise DeploymentFault("Expected the form id to be filled, but it is blank")
    version_tag = form.get("versionTag")
    checksum = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return FormFile(name, checksum, form_id, version_tag if isinstance(version_tag, str) else "")
