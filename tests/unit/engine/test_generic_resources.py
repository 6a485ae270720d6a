"""Files that are neither process, decision nor form, and the jobs that link to them (engine-semantics §23, protocol §3.12)."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.engine_driver import EngineDriver

from kiang.engine.state.generic_resource import GENERIC_RESOURCES
from kiang.protocol.answers import Deployed, DeployedResource, Done, Rejection
from kiang.protocol.commands import DeleteResource, Deploy, ResolveIncident

SCRIPT = b"return a + b;"


def rpa(id_: object, version_tag: str | None = None, script: str = "") -> bytes:
    return json.dumps({"id": id_, "versionTag": version_tag, "resource": script}).encode()


def put(d: EngineDriver, *files: tuple[str, bytes], takes_any_kind: bool = True) -> Deployed | Rejection:
    return d.execute(Deploy(files, takes_any_kind=takes_any_kind))


def linking(*links: dict[str, str], process_id: str = "p", kind: str = "serviceTask") -> BpmnFile:
    entries = "".join(tag("zeebe:linkedResource", **link) for link in links)
    b = BpmnFile(process_id).start("s")
    b.job_task(kind, "t", job_type="w", task_headers={"unit": "EUR"}, extensions=tag("zeebe:linkedResources", entries))
    return b.end("e").chain("s", "t", "e")


def linked(d: EngineDriver) -> list[dict[str, str]]:
    headers = json.loads(d.job("w").headers)
    assert headers["unit"] == "EUR"
    return json.loads(headers["linkedResources"])


def key_of(answer: Deployed | Rejection, name: str = "") -> int:
    assert isinstance(answer, Deployed), answer
    return next(i.key for i in answer.items if isinstance(i, DeployedResource) and name in i.resource_name)


def test_a_file_of_any_kind_gets_a_version_when_its_content_changes_and_keeps_it_otherwise():
    d = EngineDriver()

    first = put(d, ("sum.js", SCRIPT))
    same = put(d, ("sum.js", SCRIPT))
    changed = put(d, ("sum.js", b"return a - b;"), ("README", b""))

    assert [(i.resource_id, i.version, i.resource_name) for i in first.items] == [("sum.js", 1, "sum.js")]
    assert same.items == first.items
    assert [(i.resource_id, i.version) for i in changed.items] == [("sum.js", 2), ("README", 1)]


def test_an_rpa_file_is_known_by_the_id_and_the_tag_in_it_and_is_taken_everywhere():
    d = EngineDriver()

    put(d, ("one.rpa", rpa("pick", "v1")), takes_any_kind=False)
    answer = put(d, ("two.rpa", rpa("pick", "v2")), takes_any_kind=False)

    assert [(i.resource_id, i.version, i.resource_name) for i in answer.items] == [("pick", 2, "two.rpa")]
    assert [row.version_tag for row in d.store.select(GENERIC_RESOURCES, (), ("version",))] == ["v1", "v2"]


@pytest.mark.parametrize(
    ("files", "takes_any_kind", "text"),
    [
        ([("p.txt", b"")], False, "\n'p.txt': unknown resource type"),
        ([("a.rpa", b"nothing")], True, "Failed to parse resource JSON. 'a.rpa': "),
        ([("a.rpa", b"[]")], True, "Failed to parse resource JSON. 'a.rpa': Expected a JSON object"),
        ([("a.rpa", b"{}")], True, "Expected the resource id to be present, but none given"),
        ([("a.rpa", rpa(" "))], True, "Expected the resource id to be filled, but it is blank"),
        ([(" ", b"")], True, "Expected the resource id to be filled, but it is blank"),
        (
            [("a.rpa", rpa("x")), ("b.rpa", rpa("x"))],
            True,
            "found a duplicated id 'x' in the resources 'a.rpa' and 'b.rpa'.",
        ),
    ],
)
def test_files_that_are_refused(files, takes_any_kind, text):
    answer = put(EngineDriver(), *files, takes_any_kind=takes_any_kind)

    assert isinstance(answer, Rejection)
    assert text in answer.message


@pytest.mark.parametrize("kind", ["serviceTask", "scriptTask", "sendTask", "businessRuleTask"])
def test_a_job_carries_the_keys_of_the_latest_files_that_its_element_links_to(kind):
    d = EngineDriver(
        linking(
            {"resourceId": "sum.js", "resourceType": "script", "linkName": "main"},
            {"resourceId": "pick", "resourceType": "RPA", "linkName": 'the "other"'},
            kind=kind,
        )
    )
    put(d, ("sum.js", b"old"))
    script, robot = key_of(put(d, ("sum.js", SCRIPT))), key_of(put(d, ("pick.rpa", rpa("pick"))))

    d.create("p")

    assert linked(d) == [
        {"resourceKey": str(script), "resourceType": "script", "linkName": "main"},
        {"resourceKey": str(robot), "resourceType": "RPA", "linkName": 'the "other"'},
    ]


def test_a_link_can_be_bound_to_the_deployment_or_to_a_tag():
    d = EngineDriver()
    in_deployment = linking({"resourceId": "sum.js", "resourceType": "", "linkName": "", "bindingType": "deployment"})
    tagged = linking(
        {"resourceId": "pick", "resourceType": "", "linkName": "", "bindingType": "versionTag", "versionTag": "v1"},
        process_id="q",
    )
    script = key_of(put(d, ("p.bpmn", in_deployment.xml()), ("sum.js", SCRIPT)))
    robot = key_of(put(d, ("q.bpmn", tagged.xml()), ("pick.rpa", rpa("pick", "v1"))), "pick")
    put(d, ("sum.js", b"newer"))
    put(d, ("pick.rpa", rpa("pick", "v2")))

    d.create("p")
    first = linked(d)
    d.create("q")
    second = linked(d)

    assert [first[0]["resourceKey"], second[0]["resourceKey"]] == [str(script), str(robot)]


@pytest.mark.parametrize(
    ("binding", "text"),
    [
        ({}, "Expected to link a resource with id 'sum.js', but no resource with this id is found"),
        (
            {"bindingType": "versionTag", "versionTag": "v1"},
            "Expected to link a resource with id 'sum.js' and version tag 'v1', but no such resource found.",
        ),
        (
            {"bindingType": "deployment"},
            "Expected to link a resource with id 'sum.js' and binding type 'deployment', but no",
        ),
    ],
)
def test_a_link_to_a_file_that_is_not_there_is_an_incident(binding, text):
    d = EngineDriver(linking({"resourceId": "sum.js", "resourceType": "script", "linkName": "main", **binding}))

    key = d.create("p")

    incident = d.incident(key)
    assert (incident.error_type, incident.element_id) == ("RESOURCE_NOT_FOUND", "t")
    assert incident.error_message.startswith(text)


def test_once_the_file_is_there_resolving_the_incident_makes_the_job():
    d = EngineDriver(linking({"resourceId": "sum.js", "resourceType": "script", "linkName": "main"}), restarts=True)
    key = d.create("p")
    script = key_of(put(d, ("sum.js", SCRIPT)))

    d.execute(ResolveIncident(d.incident(key).key))

    assert linked(d)[0]["resourceKey"] == str(script)


def test_a_deleted_version_is_no_longer_linked_to():
    d = EngineDriver(linking({"resourceId": "sum.js", "resourceType": "script", "linkName": "main"}))
    first, second = key_of(put(d, ("sum.js", b"1"))), key_of(put(d, ("sum.js", b"2")))

    assert isinstance(d.execute(DeleteResource(second)), Done)
    d.create("p")

    assert linked(d)[0]["resourceKey"] == str(first)
    assert d.execute(DeleteResource(second)).type == "NOT_FOUND"
    d.execute(DeleteResource(first))
    assert put(d, ("sum.js", b"3")).items[0].version == 1
