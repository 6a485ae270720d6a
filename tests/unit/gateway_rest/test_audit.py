"""Whose operations are noted in the audit log, which, and how an operator says so."""

from __future__ import annotations

import pytest

from kiang.errors import ConfigError
from kiang.gateway.auth.audit import (
    AUDITED,
    DEFAULT_AUDIT,
    EVERYTHING,
    FREQUENT,
    NOTHING,
    SILENT,
    AuditPolicy,
    AuditSettings,
    parse_entities,
)
from kiang.gateway.auth.authenticator import Identity
from kiang.gateway.auth.commands import COMMANDS
from kiang.protocol import agents, cluster, commands, identity
from kiang.protocol.audit import ActorType, AuditedEntity, Channel, OperationType

ANN, ROBOT = Identity("ann"), Identity("robot", is_client=True)
WORKERS = (
    commands.FailJob,
    commands.ThrowError,
    commands.UpdateJob,
    commands.UpdateJobRetries,
    commands.UpdateJobTimeout,
    agents.CreateAgentInstance,
    agents.UpdateAgentInstance,
)
OTHERS = (
    commands.PublishMessage,
    commands.CorrelateMessage,
    commands.BroadcastSignal,
    commands.ActivateAdHocElements,
    commands.EvaluateConditionals,
    commands.AssignBusinessId,
    cluster.CreateClusterVariable,
    cluster.UpdateClusterVariable,
    cluster.DeleteClusterVariable,
    cluster.CreateGlobalListener,
    cluster.UpdateGlobalListener,
    cluster.DeleteGlobalListener,
)


def audited(settings: AuditSettings, kind: type[commands.Command], who: Identity | None, channel: Channel) -> bool:
    return AuditPolicy(settings).audit(kind, who, channel) is not None


def test_every_command_of_clients_was_thought_about():
    assert set(COMMANDS) <= {*AUDITED, *WORKERS, *OTHERS}
    assert not {*WORKERS, *OTHERS} & set(AUDITED)


@pytest.mark.parametrize("channel", [Channel.REST, Channel.GRPC])
def test_people_are_noted_and_programs_are_not(channel):
    assert all(audited(DEFAULT_AUDIT, kind, ANN, channel) for kind in AUDITED)
    assert not any(audited(DEFAULT_AUDIT, kind, ROBOT, channel) for kind in AUDITED)


def test_without_authentication_all_is_noted_but_jobs_and_what_comes_by_the_thousand():
    assert audited(DEFAULT_AUDIT, commands.CreateProcessInstance, None, Channel.REST)
    assert audited(DEFAULT_AUDIT, identity.CreateEntity, None, Channel.REST)
    assert not audited(DEFAULT_AUDIT, commands.CompleteJob, None, Channel.REST)
    assert audited(DEFAULT_AUDIT, commands.CancelProcessInstance, None, Channel.GRPC)
    assert not any(audited(DEFAULT_AUDIT, kind, None, Channel.GRPC) for kind in FREQUENT)


@pytest.mark.parametrize("settings", [DEFAULT_AUDIT, SILENT, AuditSettings(NOTHING, EVERYTHING, NOTHING)])
@pytest.mark.parametrize("who", [ANN, ROBOT, None])
def test_commands_that_are_passed_on_unseen_would_leave_nothing(settings, who):
    silent = AuditPolicy(settings).silent(is_anonymous=who is None)

    assert not any(audited(settings, kind, who, Channel.GRPC) for kind in silent)
    assert (silent >= FREQUENT) is (not settings.client and (who is None or not settings.user))


def test_everything_can_be_switched_off_and_on():
    everything = AuditSettings(EVERYTHING, EVERYTHING, EVERYTHING)

    for who in (ANN, ROBOT, None):
        for channel in (Channel.REST, Channel.GRPC):
            assert all(audited(everything, kind, who, channel) for kind in AUDITED)
            assert not any(audited(SILENT, kind, who, channel) for kind in AUDITED)


def test_an_actor_has_type_and_name():
    policy = AuditPolicy(DEFAULT_AUDIT)

    def actor(who: Identity | None) -> tuple[str, str, frozenset[AuditedEntity]]:
        found = policy.actor(who, Channel.REST)
        return found.actor_type, found.actor_id, found.entity_types

    assert actor(ANN) == (ActorType.USER, "ann", EVERYTHING)
    assert actor(ROBOT) == (ActorType.CLIENT, "robot", NOTHING)
    assert actor(None) == (ActorType.ANONYMOUS, "", EVERYTHING - {AuditedEntity.JOB})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("all", EVERYTHING),
        ("none", NOTHING),
        ("", NOTHING),
        ("USER_TASKS", {AuditedEntity.USER_TASK}),
        ("user_tasks, incident", {AuditedEntity.USER_TASK, AuditedEntity.INCIDENT}),
        ("all,-JOB,-variable", EVERYTHING - {AuditedEntity.JOB, AuditedEntity.VARIABLE}),
        ("all,-ADMIN", {entity for entity in EVERYTHING if entity.category != "ADMIN"}),
    ],
)
def test_operators_name_categories_and_types(words, expected):
    assert parse_entities("--audit-users", words) == expected


def test_an_unknown_word_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match="USER_TASKS"):
        parse_entities("--audit-users", "tasks")


async def test_commands_over_rest_say_who_asks(broker, http):
    await http.post("/v2/process-instances/7/cancellation")
    await http.post("/v2/jobs/7/completion")
    await http.post("/v2/messages/publication", json={"name": "m"})

    (audit,) = broker.audits
    assert (audit.actor_type, audit.actor_id, audit.channel) == (ActorType.ANONYMOUS, "", Channel.REST)
    assert [type(command) for command in broker.asked] == [
        commands.CancelProcessInstance,
        commands.CompleteJob,
        commands.PublishMessage,
    ]


async def test_changes_of_users_are_noted_without_their_passwords(broker, http):
    user = {"username": "ann", "password": "open sesame", "name": "Ann", "email": "a@x.test"}
    await http.post("/v2/users", json=user)
    await http.put("/v2/users/ann", json={"password": "another", "name": "Anna", "email": "a@x.test"})
    await http.delete("/v2/users/ann")

    noted = [(operation.operation_type, operation.entity_key, operation.description) for _, operation in broker.noted]
    assert noted == [(OperationType.CREATE, "ann", "Ann"), (OperationType.UPDATE, "ann", "Anna")]
    assert [type(command) for command in broker.asked] == [identity.ForgetOwner]
    assert len(broker.audits) == 1
    assert "sesame" not in repr(broker.noted)


async def test_batch_operations_are_noted(broker, http):
    filter_ = {"filter": {"processDefinitionId": "order"}}
    key = (await http.post("/v2/process-instances/cancellation", json=filter_)).json()["batchOperationKey"]
    refused = await http.post(f"/v2/batch-operations/{key}/suspension")

    noted = [(operation.operation_type, operation.entity_key, operation.result) for _, operation in broker.noted]
    assert refused.status_code == 409
    assert noted == [(OperationType.CREATE, key, "SUCCESS"), (OperationType.SUSPEND, key, "FAIL")]
    assert {(a.batch_operation_key, a.batch_operation_type) for a, _ in broker.noted} == {
        (int(key), "CANCEL_PROCESS_INSTANCE")
    }
