"""Which inbound elements share one running connector, and which cannot."""

from __future__ import annotations

import pytest
from tests.unit.connector_runtime.inbound_process import TYPE, served

from kiang.connector_runtime.inbound.grouping import grouped
from kiang.connector_sdk import ConnectorInput
from kiang.connector_sdk.inbound import InboundContext, inbound_connector, inbound_connector_of

AUTO = {"deduplicationMode": "AUTO"}
MANUAL = {"deduplicationMode": "MANUAL", "deduplicationId": "shared"}


class Inbox(ConnectorInput):
    queue: str = ""
    note: str = ""


@inbound_connector(name="Inbox", type=TYPE, deduplicated_by=("queue",))
async def by_queue(inbox: Inbox, context: InboundContext) -> None:
    """Never run here."""


def ids(groups: dict) -> list[list[str]]:
    return [[member.element.element_id for member in group.elements] for group in groups.values()]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (AUTO | {"queue": "a"}, AUTO | {"queue": "a"}, True),
        (AUTO | {"queue": "a"}, {"deduplicationMode": "auto", "queue": "a"}, True),
        (AUTO | {"queue": "a"}, AUTO | {"queue": "b"}, False),
        (AUTO | {"queue": "a"}, AUTO | {"queue": "a", "note": "x"}, False),
        (AUTO | {"queue": "a", "activationCondition": "=x"}, AUTO | {"queue": "a", "activationCondition": "=y"}, True),
        (AUTO | {"queue": "a", "resultVariable": "r"}, AUTO | {"queue": "a", "consumeUnmatchedEvents": "true"}, True),
        (AUTO | {"queue": "a"}, AUTO | {"queue": "a", "inbound.type": "other"}, False),
        (AUTO | {"ab": "c"}, AUTO | {"a": "bc"}, False),
        ({"queue": "a"}, {"queue": "a"}, False),
        (AUTO | {"queue": "a"}, {"queue": "a"}, False),
        (MANUAL | {"queue": "a"}, MANUAL | {"queue": "a"}, True),
        (MANUAL | {"queue": "a"}, MANUAL | {"queue": "a", "deduplicationId": "own"}, False),
        (MANUAL | {"queue": "a"}, AUTO | {"queue": "a"}, False),
    ],
)
def test_who_shares(first, second, together):
    groups = grouped(served(first, second), {})

    assert ids(groups) == ([["start0", "start1"]] if together else [["start0"], ["start1"]])
    assert [group.fault for group in groups.values()] == [""] * len(groups)


@pytest.mark.parametrize("mode", [AUTO, MANUAL])
@pytest.mark.parametrize("other", [{"tenant": "second"}, {"process": "invoices"}])
def test_neither_tenants_nor_processes_share(mode, other):
    groups = grouped([*served(mode), *served(mode, **other)], {})

    assert len(groups) == 2


@pytest.mark.parametrize(("mode", "stays"), [(AUTO, True), (MANUAL, True), ({}, False)])
def test_a_new_version_keeps_the_group_where_it_is_deduplicated(mode, stays):
    before = grouped(served(mode | {"queue": "a"}), {})
    after = grouped(served(mode | {"queue": "a"}, key=2, version=2), {})

    assert (before.keys() == after.keys()) is stays


def test_changed_properties_make_another_group_for_auto_only():
    def id_of(mode: dict[str, str], queue: str) -> list[str]:
        return list(grouped(served(mode | {"queue": queue}), {}))

    assert id_of(AUTO, "a") != id_of(AUTO, "b")
    assert id_of(MANUAL, "a") == id_of(MANUAL, "b")


def test_different_properties_under_one_manual_id_are_all_named():
    first = MANUAL | {"queue": "a", "note": "x", "same": "s", "resultVariable": "r"}
    second = MANUAL | {"queue": "b", "same": "s"}

    (group,) = grouped(served(first, second), {}).values()

    assert group.fault == (
        "All elements in a group must have the same properties (excluding runtime-level properties). "
        "The following properties are different: note, queue"
    )


def test_different_types_under_one_manual_id_are_refused():
    (group,) = grouped(served(MANUAL, MANUAL | {"inbound.type": "other"}), {}).values()

    assert group.fault == "All elements in a group must have the same type"


@pytest.mark.parametrize("missing", [{}, {"deduplicationId": ""}, {"deduplicationId": "  "}])
def test_manual_without_an_id_is_refused_for_each_element_alone(missing):
    lacking = {"deduplicationMode": "MANUAL"} | missing

    groups = grouped(served(lacking, lacking, MANUAL), {})

    text = "Missing deduplicationId property, but the deduplication mode is set to MANUAL"
    assert [group.fault for group in groups.values()] == [text, text, ""]


def test_a_connector_may_say_which_properties_tell_elements_apart():
    connectors = {TYPE: inbound_connector_of(by_queue)}
    elements = served(AUTO | {"queue": "a"}, AUTO | {"queue": "a", "note": "x"}, AUTO | {"queue": "b"})

    shared, alone = grouped(elements, connectors).values()

    assert ids({"": shared, " ": alone}) == [["start0", "start1"], ["start2"]]
    assert shared.fault.endswith("are different: note")


def test_the_definition_shows_every_element():
    (group,) = grouped(served(AUTO, AUTO, tenant="second"), {}).values()

    definition = group.definition

    assert [element.element_id for element in definition.elements] == ["start0", "start1"]
    assert (definition.type, definition.tenant_id, definition.deduplication_id) == (TYPE, "second", group.id)
