"""What the expressions of a user task give, native or not (engine-semantics §20)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from kiang import feel
from kiang.bpmn.iso_instant import InvalidInstantError, parse_instant
from kiang.bpmn.model import Expression, UserTask
from kiang.engine.actions.expressions import evaluate, evaluate_list, evaluate_one_of, evaluate_text, wrong_type
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.form import Form, forms_of
from kiang.engine.state.state import Scope
from kiang.feel.temporal import DateTime, TemporalError, parse_date_time
from kiang.protocol.enums import BindingType, ErrorType

PRIORITY_DEFAULT = 50
PRIORITY_MAX = 100

ENGINE_ZONE = "Etc/UTC"
"""Whose clock a date-time without a zone means."""

_print = msgspec.json.Encoder().encode


class UserTaskProperties(msgspec.Struct):
    """Lists are JSON; dates are ISO 8601, the zone's name in brackets behind the offset, or "" for none."""

    assignee: str = ""
    candidate_groups: str = "[]"
    candidate_users: str = "[]"
    due_date: str = ""
    follow_up_date: str = ""
    external_form_reference: str = ""
    form_key: int = 0
    priority: int = PRIORITY_DEFAULT


def evaluate_properties(p: Processing, scope: Scope, task: UserTask) -> UserTaskProperties:
    """Everything, in the order of the original: the first failure is the incident.

    Raises:
        Failure: An expression cannot be evaluated, or the form is not there.
    """
    found = UserTaskProperties()
    if task.assignee is not None:
        found.assignee = evaluate_text(p, scope, task.assignee)
    if task.candidate_groups is not None:
        found.candidate_groups = _texts(p, scope, task.candidate_groups)
    if task.candidate_users is not None:
        found.candidate_users = _texts(p, scope, task.candidate_users)
    if task.due_date is not None:
        found.due_date = _date(p, scope, task.due_date)
    if task.external_reference is not None:
        found.external_form_reference = evaluate_text(p, scope, task.external_reference)
    if task.follow_up_date is not None:
        found.follow_up_date = _date(p, scope, task.follow_up_date)
    if task.form_id is not None:
        found.form_key = _form(p, scope, task).key
    if task.native and task.priority is not None:
        found.priority = _priority(p, scope, task.priority)
    return found


def _texts(p: Processing, scope: Scope, expression: Expression) -> str:
    values = evaluate_list(p, scope, expression)
    if not all(type(value) is str for value in values):
        text = (
            f"Expected result of the expression '{expression.text}' to be 'ARRAY' containing 'STRING' items,"
            " but was 'ARRAY' containing at least one non-'STRING' item."
        )
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, scope.key)
    return _print(values).decode()


def _date(p: Processing, scope: Scope, expression: Expression) -> str:
    value = evaluate_one_of(
        p, scope, expression, {"NULL", "DATE_TIME", "STRING"}.__contains__, "[NULL, DATE_TIME, STRING]"
    )
    if value is None or value == "":
        return ""
    if not isinstance(value, DateTime):
        return zoned(value, expression, scope.key)
    moment = value
    if moment.zone is None:
        moment = moment.at_zone(ENGINE_ZONE)
    return feel.to_json(moment).strip('"')


def zoned(text: str, expression: Expression, scope_key: int) -> str:
    """A date-time with a zone, as it is written; seconds that are zero are left out.

    Raises:
        Failure: It is none.
    """
    try:
        parse_instant(text)
    except InvalidInstantError:
        message = f"Invalid date-time format '{text}' for expression '{expression.text}'."
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, message, scope_key) from None
    plain, bracket, zone = text.partition("[")
    try:
        return feel.to_json(parse_date_time(plain, seconds_required=False)).strip('"') + bracket + zone
    except TemporalError:
        return text


def _priority(p: Processing, scope: Scope, expression: Expression) -> int:
    value: Any = evaluate(p, scope, expression)
    if isinstance(value, Decimal):
        if value != int(value):
            text = f"Expected result of the expression '{expression.text}' to be an integer, but was a decimal."
            raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, scope.key)
        value = int(value)
    if type(value) is not int:
        raise wrong_type(p, scope, expression, value, "'NUMBER'")
    if not 0 <= value <= PRIORITY_MAX:
        text = f"Expected priority to be in the range [0,{PRIORITY_MAX}] but was '{value}'."
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, scope.key)
    return value


def _form(p: Processing, scope: Scope, task: UserTask) -> Form:
    assert task.form_id is not None
    form_id = evaluate_text(p, scope, task.form_id)
    versions = forms_of(p.state, form_id, scope.tenant_id)
    if task.form_binding == BindingType.DEPLOYMENT:
        definition = p.state.definition(scope.process_definition_key)
        assert definition is not None
        deployment_key = definition.row.deployment_key
        versions = [form for form in versions if form.deployment_key == deployment_key]
        if not versions:
            text = (
                f"Expected to use a form with id '{form_id}' with binding type 'deployment', but no such form found in the"
                f" deployment with key {deployment_key} which contained the current process. To resolve this incident,"
                " migrate the process instance to a process definition that is deployed together with the intended form"
                " to use."
            )
            raise Failure(ErrorType.FORM_NOT_FOUND, text, scope.key)
    elif task.form_binding == BindingType.VERSION_TAG:
        versions = [form for form in versions if form.version_tag == task.form_version_tag]
        if not versions:
            text = (
                f"Expected to use a form with id '{form_id}' and version tag '{task.form_version_tag}', but no such form"
                " found. To resolve the incident, deploy a form with the given id and version tag.\n"
            )
            raise Failure(ErrorType.FORM_NOT_FOUND, text, scope.key)
    if not versions:
        text = (
            f"Expected to find a form with id '{form_id}', but no form with this id is found, at least a form with this id"
            " should be available. To resolve the Incident please deploy a form with the same id"
        )
        raise Failure(ErrorType.FORM_NOT_FOUND, text, scope.key)
    return versions[-1]


__all__ = ["PRIORITY_MAX", "UserTaskProperties", "evaluate_properties", "zoned"]
