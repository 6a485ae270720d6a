"""Whatever a client sends, the answer is the right 4xx with a problem document, and nothing reaches the engine."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.gateway.auth.basic import BasicAuthenticator
from kiang.gateway.auth.users import UserStore
from kiang.gateway.rest.application import Router
from kiang.gateway.rest.limits import JSON_BODY_BYTES_MAX
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.resources import OPERATIONS
from kiang.gateway.rest.server import RestServer

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "Required request body is missing"),
        (b"{", "Request body cannot be parsed as JSON: Input data was truncated"),
        (b"[]", "Request body cannot be parsed: expected a JSON object"),
        (b'{"timeout": "x"}', "Request property [timeout] cannot be parsed"),
        (b'{"timeout": 9223372036854775808}', "Request property [timeout] cannot be parsed"),
        (b'{"maxJobsToActivate": 2147483648}', "Request property [maxJobsToActivate] cannot be parsed"),
        (b'{"foo": 1}', "Request property [foo] cannot be parsed"),
        (b'{"fetchVariable": [1]}', "Request property [fetchVariable] cannot be parsed"),
        (b'{"type": "\xff"}', "Request body cannot be parsed as JSON"),
        (b"[" * 100_000, "Request body cannot be parsed"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "Request"),
    ],
)
async def test_bodies_that_are_no_request(
    http: httpx.AsyncClient, broker: SimulatedBroker, content: bytes, detail: str
) -> None:
    answer = await http.post("/v2/jobs/activation", content=content, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)
    assert set(answer.json()) == {"type", "title", "status", "detail", "instance"}
    assert broker.asked == []


async def test_nested_properties_are_named_by_their_path(http: httpx.AsyncClient) -> None:
    body = {"processDefinitionId": "a", "startInstructions": [{"elementId": 5}]}

    answer = await http.post("/v2/process-instances", json=body)

    assert answer.json()["detail"] == "Request property [startInstructions.elementId] cannot be parsed"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v2/jobs/activation", content=b" " * (JSON_BODY_BYTES_MAX + 1), headers=JSON)

    assert answer.status_code == 413


async def test_a_body_without_length_is_cut_off_at_the_limit(http: httpx.AsyncClient) -> None:
    async def chunks():
        for _ in range(JSON_BODY_BYTES_MAX // 65536 + 2):
            yield b" " * 65536

    try:
        answer = await http.post("/v2/jobs/activation", content=chunks(), headers=JSON)
    except httpx.WriteError:
        return
    assert answer.status_code == 413


def test_an_operation_of_the_api_that_is_not_offered_is_named() -> None:
    with pytest.raises(Problem) as refused:
        Router(operation for operation in OPERATIONS if operation.method == "GET").find("POST", "/v2/agent-instances")

    assert refused.value.status == 501
    text = "Operation createAgentInstance (POST /v2/agent-instances), in the API since 8.10, is not supported here"
    assert refused.value.detail == text


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/v2/nothing", 404, "No endpoint GET /v2/nothing."),
        ("GET", "/", 404, "No endpoint GET /."),
        ("DELETE", "/v2/topology", 405, "Request method 'DELETE' is not supported. Use any of: GET"),
        ("POST", "/v2/jobs/x/completion", 400, "Failed to convert 'jobKey' with value: 'x'"),
        ("POST", "/v2/jobs/%27%3B--/completion", 400, "Failed to convert 'jobKey' with value: '';--'"),
        ("POST", "/v2/jobs/99999999999999999999/completion", 400, "Failed to convert 'jobKey'"),
        ("GET", "/v2/" + "a" * 5000, 414, "The request's address is too long"),
    ],
)
async def test_paths_that_lead_nowhere(
    http: httpx.AsyncClient, broker: SimulatedBroker, method: str, path: str, status: int, detail: str
) -> None:
    answer = await http.request(method, path)

    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)
    assert answer.headers["content-type"] == "application/problem+json"
    assert broker.asked == []


async def test_pages_of_other_sites_change_nothing(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    page = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
    key = (1 << 51) + 1

    for answer in (
        await http.post("/v2/deployments", files={"resources": ("a.bpmn", b"x")}, headers=page),
        await http.post(f"/v2/jobs/{key}/completion", headers=page),
    ):
        assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")
    assert broker.asked == []
    own = {"sec-fetch-site": "same-origin"}
    assert (await http.post(f"/v2/jobs/{key}/completion", headers=own)).status_code == 204


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_pages_of_other_sites_are_known_by_their_origin_too(
    http: httpx.AsyncClient, broker: SimulatedBroker, origin: str
) -> None:
    """Browsers send no `Sec-Fetch-Site` to servers elsewhere without TLS, and older ones never."""
    path = f"/v2/jobs/{(1 << 51) + 1}/completion"

    assert (await http.post(path, headers={"origin": origin})).status_code == 403
    assert broker.asked == []
    own = {"origin": str(http.base_url).rstrip("/")}
    assert (await http.post(path, headers=own)).status_code == 204


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8080", "localhost.evil.test", "127.0.0.1.evil.test", "[evil"])
async def test_a_private_server_that_is_called_by_another_name_reads_and_changes_nothing(
    http: httpx.AsyncClient, broker: SimulatedBroker, host: str
) -> None:
    """The name may be a page's, which leads here since the page was loaded: the browser takes the two for one site."""
    for answer in (
        await http.post(
            f"/v2/jobs/{(1 << 51) + 1}/completion", headers={"host": host, "sec-fetch-site": "same-origin"}
        ),
        await http.post("/v2/variables/search", headers={"host": host}),
        await http.get("/v2/topology", headers={"host": host}),
    ):
        assert answer.status_code == 403
        assert "Expected the request to name this machine" in answer.json()["detail"]
    assert broker.asked == []


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "engine.localhost:80", "127.0.0.1:1", "[::1]:8080", "10.1.2.3"]
)
async def test_names_of_this_machine(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/v2/license", headers={"host": host})).status_code == 200


async def test_a_server_for_others_or_one_that_asks_who_is_calling_has_any_name(broker: SimulatedBroker) -> None:
    users = UserStore(None)
    for host, authenticator in (("0.0.0.0", None), ("127.0.0.1", BasicAuthenticator(users))):  # noqa: S104 - the case
        server = RestServer(broker, host=host, port=0, users=users, authenticator=authenticator)
        await server.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=5) as http:
            answer = await http.get("/v2/license", headers={"host": "engine.example.com"})
        await server.stop(1)
        assert answer.status_code == 200
    users.close()


@pytest.mark.parametrize(
    "content",
    [
        b'{"processDefinitionId": "a", "variables": {"x": "\xff"}}',
        b'{"processDefinitionId": "a", "variables": {"x": "\xc0\xaf"}}',
    ],
)
async def test_a_body_that_is_not_utf_8_where_nobody_looks_at_it(
    http: httpx.AsyncClient, broker: SimulatedBroker, content: bytes
) -> None:
    answer = await http.post("/v2/process-instances", content=content, headers=JSON)

    assert answer.status_code == 400
    assert "cannot be parsed as JSON" in answer.json()["detail"]
    assert broker.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {"filter": {"$or": [{}] * 100_000}},
        {"filter": {"variables": [{"name": "a", "value": {}}] * 100_000}},
        {"sort": [{"field": "state"}] * 100_000},
        {"sort": [{"field": f"x{n}"} for n in range(100_000)]},
        {"filter": {f"x{n}": 1 for n in range(100_000)}},
    ],
    ids=["alternatives", "variables", "sorts", "unknown sorts", "unknown fields"],
)
async def test_searches_without_end_are_refused_in_few_words(http: httpx.AsyncClient, body: dict) -> None:
    answer = await http.post("/v2/process-instances/search", json=body)

    assert answer.status_code == 400
    assert len(answer.content) < 10_000


async def test_a_boundary_without_end(http: httpx.AsyncClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=" + "y" * 30_000}

    answer = await http.post("/v2/deployments", content=b"--" + b"y" * 30_000, headers=headers)

    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")


@pytest.mark.parametrize("name", ["prüfung.bpmn", "取.bpmn", "\U0001f600.bpmn"])
async def test_names_of_files_in_any_script(http: httpx.AsyncClient, broker: SimulatedBroker, name: str) -> None:
    content = f'--x\r\nContent-Disposition: form-data; name="resources"; filename="{name}"\r\n\r\n<x/>\r\n--x--\r\n'

    await http.post(
        "/v2/deployments", content=content.encode(), headers={"content-type": "multipart/form-data; boundary=x"}
    )

    (deployed,) = broker.asked
    assert [resource for resource, _ in deployed.resources] == [name]


async def test_a_form_where_json_is_expected(http: httpx.AsyncClient) -> None:
    assert (await http.post("/v2/jobs/activation", data={"type": "x"})).status_code == 415


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "At least one of [processDefinitionId, processDefinitionKey] is required."),
        (
            {"processDefinitionId": "a", "processDefinitionKey": "1"},
            "Only one of [processDefinitionId, processDefinitionKey] is allowed.",
        ),
        (
            {"processDefinitionKey": "order"},
            (
                "The provided processDefinitionKey 'order' is not a valid key. Expected a numeric value. "
                "Did you pass an entity id instead of an entity key?."
            ),
        ),
        (
            {"processDefinitionId": "a", "operationReference": 0},
            "The value for operationReference is '0' but must be > 0.",
        ),
        (
            {"processDefinitionId": "a", "tenantId": "t"},
            (
                "Expected to handle request Create Process Instance with tenant identifier 't', "
                "but multi-tenancy is disabled."
            ),
        ),
        ({"processDefinitionId": "a", "businessId": " "}, "No businessId provided."),
        (
            {"processDefinitionId": "a", "variables": {"x": 10**30}},
            "MessagePack cannot serialize BigInteger larger than 2^64-1",
        ),
    ],
)
async def test_creation_that_cannot_be_right(
    http: httpx.AsyncClient, broker: SimulatedBroker, body: dict, detail: str
) -> None:
    answer = await http.post("/v2/process-instances", json=body)

    assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert broker.asked == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(st.sampled_from(["type", "timeout", "maxJobsToActivate", "worker", "tenantIds"]), JSON_VALUES)
)
async def test_no_json_breaks_the_gateway(http: httpx.AsyncClient, broker: SimulatedBroker, body: dict) -> None:
    answer = await http.post("/v2/jobs/activation", json=body | {"requestTimeout": -1})

    assert answer.status_code in {200, 400}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), boundary=st.sampled_from([b"x", b"--", b"\xff"]))
async def test_no_form_breaks_the_gateway(http: httpx.AsyncClient, content: bytes, boundary: bytes) -> None:
    headers = {"content-type": b"multipart/form-data; boundary=" + boundary}

    answer = await http.post("/v2/deployments", content=b"--" + boundary + b"\r\n" + content, headers=headers)

    assert answer.status_code in {400, 413, 415}
