"""Evaluation of FEEL expressions, with the variables of the request and those that a scope sees."""

from __future__ import annotations

import asyncio
from typing import Annotated, ClassVar, NamedTuple

import msgspec

from kiang import feel
from kiang.engine.state.cluster_variable import NAMESPACE, decoded, namespace
from kiang.errors import FeelError
from kiang.gateway.rest.body import Answer, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem, not_found, of_rejection
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import Rejection
from kiang.protocol.cluster import NO_TENANT
from kiang.protocol.document import Document
from kiang.protocol.enums import RejectionType
from kiang.search.resources.element_instance import ELEMENT_INSTANCES
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.statement import Run

EXPRESSIONS = Resource("Expression")

_VARIABLES = (
    "WITH RECURSIVE scope(key, depth) AS (SELECT ?, 0 UNION ALL SELECT e.scope_key, scope.depth + 1 "
    "FROM scope JOIN element_instance e ON e.key = scope.key) "
    "SELECT v.name, v.value FROM scope CROSS JOIN variable v ON v.scope_key = scope.key "
    "AND v.process_instance_key = COALESCE((SELECT process_instance_key FROM element_instance WHERE key = ?), ?) "
    "ORDER BY scope.depth DESC"
)


class ExpressionEvaluationRequest(Request, frozen=True):
    """An expression, `=` in front."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("expression",)

    expression: str | None = None
    tenant_id: str | None = None
    scope_key: Key = None
    variables: Variables | None = None


class ExpressionEvaluationWarning(Answer, frozen=True):
    """Why something became null."""

    message: str


class ExpressionSecretReference(Answer, frozen=True):
    """A secret that the expression names."""

    store_id: str
    secret_name: str


class ExpressionEvaluationResult(Answer, frozen=True):
    """The value."""

    expression: str
    result: Annotated[msgspec.Raw, msgspec.Meta(description="Any JSON value")]
    warnings: list[ExpressionEvaluationWarning]
    referenced_secrets: list[ExpressionSecretReference]


class ClusterRows(NamedTuple):
    """Names and values of cluster variables: everybody's, and those of a tenant."""

    shared: list[tuple[str, str]]
    own: list[tuple[str, str]]


@EXPRESSIONS.post(
    "/expression/evaluation",
    "evaluateExpression",
    since="8.9",
    body=ExpressionEvaluationRequest,
    answer=ExpressionEvaluationResult,
)
async def evaluate_expression(call: Call) -> ExpressionEvaluationResult:
    """Evaluate an expression."""
    body: ExpressionEvaluationRequest = call.body
    violations = Violations()
    text = violations.text(body.expression, "expression")
    tenant_id = violations.tenant(body.tenant_id, "Evaluate Expression")
    scope_key = violations.optional_key(body.scope_key, "scopeKey")
    violations.check()
    variables = await _visible(call, scope_key) if body.scope_key is not None else {}
    variables |= document(body.variables)
    of_cluster = await _cluster_variables(call, tenant_id) if NAMESPACE in text else None
    now_ms = call.broker.clock.now_ms()
    result, warnings = await asyncio.to_thread(_evaluate, text, variables, of_cluster, now_ms)
    return ExpressionEvaluationResult(
        expression=text,
        result=msgspec.Raw(result.encode()),
        warnings=[ExpressionEvaluationWarning(message=message) for message in warnings],
        referenced_secrets=[],
    )


def _evaluate(text: str, variables: Document, of_cluster: ClusterRows | None, now_ms: int) -> tuple[str, list[str]]:
    stripped = text.strip()
    if not stripped.startswith("="):
        return msgspec.json.encode(text).decode(), []
    values = decoded(variables.items())
    if of_cluster is not None:
        values.setdefault(NAMESPACE, namespace(decoded(of_cluster.shared), decoded(of_cluster.own)))
    try:
        expression = feel.compile(stripped[1:], names=values)
        value = expression.evaluate(values, now_ms=now_ms)
        warnings = [f"[{one.type}] {one.message}" for one in expression.warnings(values, now_ms=now_ms)]
        return feel.to_json(value), warnings
    except FeelError as error:
        raise _refused(str(error)) from None


def _refused(reason: str) -> Problem:
    return of_rejection(Rejection(RejectionType.INVALID_ARGUMENT, "EVALUATE", reason))


async def _cluster_variables(call: Call, tenant_id: str) -> ClusterRows:
    def read(run: Run) -> ClusterRows:
        named = "SELECT v.name, v.value FROM cluster_variable v WHERE v.tenant_id = ?"
        return ClusterRows(*([(name, value) for name, value in run(named, [of])] for of in (NO_TENANT, tenant_id)))

    return await call.search.read(read)


async def _visible(call: Call, scope_key: int) -> Document:
    """What a scope sees: of each name the variable of the innermost scope."""

    def read(run: Run) -> Document | None:
        known = run(
            "SELECT 1 FROM process_instance WHERE key = ? UNION ALL SELECT 1 FROM element_instance WHERE key = ?",
            [scope_key, scope_key],
        )
        if not known:
            return None
        return dict(run(_VARIABLES, [scope_key, scope_key, scope_key]))

    found = await call.search.read(read)
    if call.access.is_limited and not (
        await call.search.get(PROCESS_INSTANCES, scope_key) or await call.search.get(ELEMENT_INSTANCES, scope_key)
    ):
        found = None
    if found is None:
        raise not_found(f"Expected to evaluate an expression in scope '{scope_key}', but no such scope was found")
    return found
