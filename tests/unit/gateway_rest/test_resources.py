"""Deployed files of other kinds over REST, on a broker with its store in memory."""

import json

import httpx
from tests.unit.gateway_rest.test_decisions import http  # noqa: F401 - a fixture

RPA = json.dumps({"id": "pick", "versionTag": "v1", "script": "print(1)"}).encode()
IMAGE = b"\x89PNG\r\n\x00\xff"


async def deploy(http: httpx.AsyncClient, *files: tuple[str, bytes]) -> list[dict]:  # noqa: F811
    answer = await http.post("/deployments", files=[("resources", file) for file in files])
    assert answer.status_code == 200, answer.text
    return [item["resource"] for item in answer.json()["deployments"]]


async def test_files_of_any_kind_are_deployed_found_and_read(http: httpx.AsyncClient) -> None:  # noqa: F811
    robot, image = await deploy(http, ("pick.rpa", RPA), ("logo.png", IMAGE))

    assert robot == {
        "resourceId": "pick",
        "resourceName": "pick.rpa",
        "version": 1,
        "tenantId": "<default>",
        "resourceKey": robot["resourceKey"],
    }
    assert (await http.get(f"/resources/{robot['resourceKey']}")).json() == {**robot, "versionTag": "v1"}
    assert (await http.get(f"/resources/{robot['resourceKey']}/content")).json() == json.loads(RPA)
    binary = await http.get(f"/resources/{image['resourceKey']}/content/binary")
    assert (binary.content, binary.headers["content-type"]) == (IMAGE, "application/octet-stream")
    assert binary.headers["content-disposition"] == 'attachment; filename="logo.png"'


async def test_content_that_is_no_json_object_is_offered_as_it_is(http: httpx.AsyncClient) -> None:  # noqa: F811
    (image,) = await deploy(http, ("logo.png", IMAGE))
    (words,) = await deploy(http, ("words.json", b'["a"]'))

    for resource in (image, words):
        answer = await http.get(f"/resources/{resource['resourceKey']}/content")
        assert answer.status_code == 406
        assert f"/v2/resources/{resource['resourceKey']}/content/binary" in answer.json()["detail"]


async def test_versions_are_searched_and_what_is_deleted_is_gone(http: httpx.AsyncClient) -> None:  # noqa: F811
    (first,) = await deploy(http, ("a.txt", b"1"))
    (second,) = await deploy(http, ("a.txt", b"2"))
    (other,) = await deploy(http, ("pick.rpa", RPA))

    async def keys(filter_: dict, **more: object) -> list[str]:
        answer = await http.post("/resources/search", json={"filter": filter_, **more})
        assert answer.status_code == 200, answer.text
        return [item["resourceKey"] for item in answer.json()["items"]]

    newest_first = {"sort": [{"field": "version", "order": "DESC"}]}
    assert await keys({"resourceId": "a.txt"}, **newest_first) == [second["resourceKey"], first["resourceKey"]]
    assert await keys({"versionTag": {"$exists": True}}) == [other["resourceKey"]]
    assert await keys({"resourceName": {"$like": "*.txt"}, "version": {"$gt": 1}}) == [second["resourceKey"]]

    assert (await http.post(f"/resources/{second['resourceKey']}/deletion")).status_code == 200

    assert await keys({"resourceId": "a.txt"}) == [first["resourceKey"]]
    for path in ("", "/content", "/content/binary"):
        answer = await http.get(f"/resources/{second['resourceKey']}{path}")
        assert (answer.status_code, answer.json()["title"]) == (404, "NOT_FOUND")
