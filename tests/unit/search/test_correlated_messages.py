"""Every message that was given to an instance, whoever caught it, stays to be searched."""

from collections.abc import Iterator

import pytest
from tests.bpmn_builder import BpmnFile

from kiang.engine.engine import Engine
from kiang.protocol.commands import CreateProcessInstance, Deploy, PublishMessage
from kiang.search.resources.correlated_message import CORRELATED_MESSAGES
from kiang.search.search import Search
from kiang.store.memory import MemoryStore


def reminded() -> bytes:
    """Waits at a task; each reminder goes past it by a boundary event."""
    b = BpmnFile("reminded")
    b.start("s").service_task("pay", job_type="pay").end("e").chain("s", "pay", "e")
    b.boundary("reminder", "pay", b.message_event("remind", "=order"), interrupting=False).end("told")
    b.flow("reminder", "told")
    return b.xml()


def ordered() -> bytes:
    b = BpmnFile("ordered")
    b.start("s", b.message_event("order")).end("e").flow("s", "e")
    return b.xml()


@pytest.fixture
def search() -> Iterator[Search]:
    """Three reminders for o-1, one for o-2, two orders."""
    store = MemoryStore()
    engine = Engine(store, last_key=0, is_new=True)
    engine.process(Deploy((("reminded.bpmn", reminded()), ("ordered.bpmn", ordered()))), 1)
    for order in ("o-1", "o-2"):
        engine.process(CreateProcessInstance("reminded", variables={"order": f'"{order}"'}), 2)
    for at, (name, key) in enumerate(
        [("remind", "o-1"), ("order", "o-1"), ("remind", "o-2"), ("remind", "o-1"), ("order", ""), ("remind", "o-1")]
    ):
        engine.process(PublishMessage(name, key), 1_000 + at)
    commit = engine.begin_commit()
    assert commit is not None
    store.commit(commit)
    engine.end_commit()
    search = Search(store)
    yield search
    search.close()


async def test_each_is_shown_once_with_its_own_time(search: Search) -> None:
    request = {"sort": [{"field": "correlationTime"}]}

    items = (await search.find(CORRELATED_MESSAGES, request)).items

    shown = [
        (item["messageName"], item["correlationKey"], item["correlationTime"][-5:], item["elementId"]) for item in items
    ]
    assert shown == [
        ("remind", "o-1", ".000Z", "reminder"),
        ("order", "o-1", ".001Z", "s"),
        ("remind", "o-2", ".002Z", "reminder"),
        ("remind", "o-1", ".003Z", "reminder"),
        ("order", None, ".004Z", "s"),
        ("remind", "o-1", ".005Z", "reminder"),
    ]
    assert len({item["messageKey"] for item in items}) == 6
    of_first = [item for item in items if item["correlationKey"] == "o-1" and item["messageName"] == "remind"]
    assert len({item["subscriptionKey"] for item in of_first}) == 1
    assert [item["elementInstanceKey"] is None for item in items] == [False, True, False, False, True, False]


async def test_they_are_found_by_message_and_by_subscription_and_come_in_pages(search: Search) -> None:
    everything = (await search.find(CORRELATED_MESSAGES, None)).items
    third = everything[2]

    by_message = await search.find(CORRELATED_MESSAGES, {"filter": {"messageKey": third["messageKey"]}})
    pages, after = [], None
    while True:
        found = await search.find(CORRELATED_MESSAGES, {"page": {"limit": 1, **({"after": after} if after else {})}})
        pages += found.items
        if not found.items:
            break
        after = found.end_cursor

    assert by_message.items == [third]
    assert pages == everything
    assert len(everything) == 6
