"""Mapping rules: whoever has a token with a certain claim is a member of groups, roles and tenants."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.entities import NAME_CHARACTERS_MAX, add_reading, checked_id, checked_name, path_id
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.validation import Violations
from kiang.protocol.identity import CreateEntity, DeleteEntity, EntityKind, UpdateEntity

MAPPING_RULES = Resource("Mapping rule")

add_reading(MAPPING_RULES, EntityKind.MAPPING_RULE, "searchMappingRule", "getMappingRule")


class MappingRuleUpdateRequest(Request, frozen=True):
    """What changes of a mapping rule."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("claimName", "claimValue", "name")

    claim_name: str | None = None
    claim_value: str | None = None
    name: str | None = None


class MappingRuleCreateRequest(Request, frozen=True):
    """A new mapping rule."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("mappingRuleId", "claimName", "claimValue", "name")

    mapping_rule_id: str | None = None
    claim_name: str | None = None
    claim_value: str | None = None
    name: str | None = None


class MappingRuleChangeResult(Answer, frozen=True):
    """A mapping rule as it is now."""

    mapping_rule_id: str
    claim_name: str
    claim_value: str
    name: str


@MAPPING_RULES.post(
    "/mapping-rules",
    "createMappingRule",
    since="8.8",
    body=MappingRuleCreateRequest,
    answer=MappingRuleChangeResult,
    status=201,
)
async def create_mapping_rule(call: Call) -> MappingRuleChangeResult:
    """Create a mapping rule."""
    violations = Violations()
    id_ = checked_id(violations, EntityKind.MAPPING_RULE, call.body.mapping_rule_id)
    name, claim_name, claim_value = _checked(violations, call.body)
    await call.execute(CreateEntity(EntityKind.MAPPING_RULE, id_, name, claim_name=claim_name, claim_value=claim_value))
    return MappingRuleChangeResult(mapping_rule_id=id_, claim_name=claim_name, claim_value=claim_value, name=name)


@MAPPING_RULES.put(
    "/mapping-rules/{mappingRuleId}",
    "updateMappingRule",
    since="8.8",
    body=MappingRuleUpdateRequest,
    answer=MappingRuleChangeResult,
)
async def update_mapping_rule(call: Call) -> MappingRuleChangeResult:
    """Change a mapping rule."""
    name, claim_name, claim_value = _checked(Violations(), call.body)
    id_ = path_id(call, EntityKind.MAPPING_RULE)
    await call.execute(UpdateEntity(EntityKind.MAPPING_RULE, id_, name, claim_name=claim_name, claim_value=claim_value))
    return MappingRuleChangeResult(mapping_rule_id=id_, claim_name=claim_name, claim_value=claim_value, name=name)


@MAPPING_RULES.delete("/mapping-rules/{mappingRuleId}", "deleteMappingRule", since="8.8")
async def delete_mapping_rule(call: Call) -> None:
    """Delete a mapping rule, its memberships and its authorizations."""
    await call.execute(DeleteEntity(EntityKind.MAPPING_RULE, path_id(call, EntityKind.MAPPING_RULE)))


def _checked(violations: Violations, body: MappingRuleCreateRequest | MappingRuleUpdateRequest) -> tuple[str, str, str]:
    claim_name = violations.text(body.claim_name, "claimName", NAME_CHARACTERS_MAX)
    claim_value = violations.text(body.claim_value, "claimValue", NAME_CHARACTERS_MAX)
    name = checked_name(violations, body.name)
    violations.check()
    return name, claim_name, claim_value
