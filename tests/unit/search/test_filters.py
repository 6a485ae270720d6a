"""What each operator of a filter finds, on every store."""

import pytest
from tests.unit.search.rows import STARTED_AT, definitions, element, incident, instance, put, variable

from kiang.errors import InvalidArgument
from kiang.protocol.enums import ElementState, IncidentState
from kiang.search.resources.element_instance import ELEMENT_INSTANCES
from kiang.search.resources.incident import INCIDENTS
from kiang.search.resources.process_definition import PROCESS_DEFINITIONS
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.resources.variable import VARIABLE, VARIABLES, WHOLE_VARIABLES
from kiang.search.search import Search
from kiang.store.port import Store

COMPLETED, TERMINATED, TERMINATING = ElementState.COMPLETED, ElementState.TERMINATED, ElementState.TERMINATING


@pytest.fixture(autouse=True)
def filled(store: Store) -> None:
    put(
        store,
        [
            *definitions(),
            instance(100),
            instance(101, 11, COMPLETED, business_id="b-1"),
            instance(102, 13, TERMINATED, tags="vip eu"),
            instance(103, 11, TERMINATING, parent_process_instance_key=100, root_process_instance_key=100),
            variable(200, 100, "amount", "30"),
            variable(201, 101, "amount", "30"),
            variable(202, 101, "name", '"Bob*"'),
            variable(203, 102, "amount", '"30"'),
            variable(204, 100, "local", "true", scope=300),
            variable(205, 103, "long", '"' + "x" * 9000 + '"'),
            element(300, 100),
            element(301, 101, "s", COMPLETED),
            incident(400, 100),
            incident(402, 101, IncidentState.RESOLVED),
        ],
    )


async def found(search: Search, filter_: dict, resource=PROCESS_INSTANCES) -> list[int]:
    page = await search.find(resource, {"filter": filter_})
    return [int(item[resource.key]) for item in page.items]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({}, [100, 101, 102, 103]),
        ({"processInstanceKey": "101"}, [101]),
        ({"processInstanceKey": 101}, [101]),
        ({"processInstanceKey": {"$in": ["101", "103", "7"]}}, [101, 103]),
        ({"processInstanceKey": {"$notIn": ["101"], "$neq": "100"}}, [102, 103]),
        ({"processInstanceKey": {"$in": []}}, []),
        ({"processInstanceKey": {"$in": [], "$notIn": []}}, []),
        ({"processInstanceKey": {"$notIn": []}}, [100, 101, 102, 103]),
        ({"processInstanceKey": {"$eq": "101", "$in": [], "$notIn": []}}, [101]),
        ({"parentProcessInstanceKey": {"$exists": False, "$in": [], "$notIn": []}}, [100, 101, 102]),
        ({"state": {"$eq": "ACTIVE", "$in": []}}, [100, 103]),
        ({"elementId": "pay"}, [100]),
        ({"elementId": {"$in": ["pay", "s"]}}, [100, 101]),
        ({"elementId": "s", "elementInstanceState": "COMPLETED"}, [101]),
        ({"elementId": "s", "elementInstanceState": "ACTIVE"}, []),
        ({"elementInstanceState": {"$neq": "COMPLETED"}}, [100]),
        ({"elementId": {"$exists": False}}, [102, 103]),
        ({"hasElementInstanceIncident": False}, [100, 101]),
        ({"hasElementInstanceIncident": True}, []),
        ({"errorMessage": "broken"}, [100]),
        ({"errorMessage": {"$like": "bro*"}}, [100]),
        ({"errorMessage": "whole"}, []),
        ({"errorMessage": {"$exists": False}}, [101, 102, 103]),
        ({"incidentErrorHashCode": -1380616235}, [100]),
        ({"errorMessage": "broken", "incidentErrorHashCode": 7}, []),
        ({"$or": [{"elementId": "s"}, {"errorMessage": "broken"}]}, [100, 101]),
        ({"state": "ACTIVE"}, [100, 103]),
        ({"state": "active"}, [100, 103]),
        ({"state": "CANCELED"}, [102]),
        ({"state": {"$neq": "ACTIVE"}}, [101, 102]),
        ({"state": {"$like": "*ED"}}, [101, 102]),
        ({"state": {"$in": ["COMPLETED", "TERMINATED"]}}, [101, 102]),
        ({"state": "SUSPENDED"}, []),
        ({"processDefinitionId": "order"}, [100, 101, 103]),
        ({"processDefinitionId": {"$neq": "order"}}, [102]),
        ({"processDefinitionId": {"$like": "ship?it"}}, [102]),
        ({"processDefinitionId": {"$like": "o*r"}}, [100, 101, 103]),
        ({"processDefinitionId": {"$like": "ORDER"}}, []),
        ({"processDefinitionId": "order", "state": "ACTIVE"}, [100, 103]),
        ({"processDefinitionId": "nothing"}, []),
        ({"processDefinitionName": {"$exists": False}}, [102]),
        ({"processDefinitionVersion": {"$gte": 2}}, [101, 103]),
        ({"processDefinitionVersionTag": "v2"}, [101, 103]),
        ({"processDefinitionVersionTag": {"$exists": True}}, [101, 103]),
        ({"parentProcessInstanceKey": {"$exists": False}}, [100, 101, 102]),
        ({"parentProcessInstanceKey": "100"}, [103]),
        ({"parentProcessInstanceKey": "0"}, []),
        ({"businessId": "b-1"}, [101]),
        ({"businessId": {"$neq": "b-1"}}, [100, 102, 103]),
        ({"businessId": {"$exists": False}}, [100, 102, 103]),
        ({"endDate": {"$exists": True}}, [101, 102]),
        ({"hasIncident": True}, [100]),
        ({"hasIncident": False}, [101, 102, 103]),
        ({"tags": ["vip"]}, [102]),
        ({"tags": ["vip", "us"]}, []),
        ({"variables": [{"name": "amount", "value": "30"}]}, [100, 101]),
        ({"variables": [{"name": "amount", "value": " 30 "}]}, [100, 101]),
        ({"variables": [{"name": "amount", "value": '"30"'}]}, [102]),
        ({"variables": [{"name": "amount", "value": "30"}, {"name": "name", "value": '"Bob*"'}]}, [101]),
        ({"variables": [{"name": "name", "value": {"$like": '"Bo*'}}]}, [101]),
        ({"variables": [{"name": "name", "value": {"$like": '"Bob\\*"'}}]}, [101]),
        ({"variables": [{"name": "name", "value": {"$like": '"Bo\\*"'}}]}, []),
        ({"variables": [{"name": "name", "value": {"$exists": True}}]}, [101]),
        ({"variables": [{"name": "local", "value": "true"}]}, [100]),
        ({"variables": [{"name": "amount", "value": {"$neq": "30"}}]}, [102]),
        ({"$or": [{"state": "COMPLETED"}, {"hasIncident": True}]}, [100, 101]),
        ({"processDefinitionId": "order", "$or": [{"state": "COMPLETED"}, {"tags": ["vip"]}]}, [101]),
        ({"startDate": {"$gt": "2023-11-14T22:13:20.033Z"}}, [102, 103]),
        ({"startDate": {"$lte": "2023-11-14T23:13:20.033+01:00"}}, [100, 101]),
        ({"tenantId": "<default>"}, [100, 101, 102, 103]),
        ({"tenantId": "x' OR '1'='1"}, []),
        ({"state": None}, [100, 101, 102, 103]),
    ],
)
async def test_process_instances(search: Search, filter_: dict, expected: list[int]) -> None:
    assert await found(search, filter_) == expected


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"processDefinitionId": "order"}, [10, 11, 12]),
        ({"isLatestVersion": True}, [11, 13]),
        ({"isLatestVersion": False}, [10, 12]),
        ({"state": "DELETED"}, [12]),
        ({"name": "Order!"}, [12]),
        ({"version": 2}, [11]),
        ({"version": {"$lt": 2}}, [10, 13]),
    ],
)
async def test_process_definitions(search: Search, filter_: dict, expected: list[int]) -> None:
    assert await found(search, filter_, PROCESS_DEFINITIONS) == expected


async def test_elements_are_shown_and_found_by_the_names_in_their_file(search: Search) -> None:
    [item] = (await search.find(ELEMENT_INSTANCES, {"filter": {"processInstanceKey": "100"}})).items

    assert (item["elementName"], item["type"], item["state"], item["hasIncident"]) == (
        "pay",
        "SERVICE_TASK",
        "ACTIVE",
        False,
    )
    assert await found(search, {"elementName": {"$like": "p*"}}, ELEMENT_INSTANCES) == [300]
    assert await found(search, {"elementInstanceScopeKey": "101"}, ELEMENT_INSTANCES) == [301]


async def test_incidents(search: Search) -> None:
    assert await found(search, {"state": "ACTIVE", "processDefinitionId": "order"}, INCIDENTS) == [400]
    assert await found(search, {"errorType": {"$like": "*RETRIES"}}, INCIDENTS) == [400, 402]
    assert await found(search, {"jobKey": {"$exists": True}}, INCIDENTS) == []


async def test_long_values_are_cut_off_unless_somebody_asks_for_them(search: Search) -> None:
    long = {"filter": {"name": "long"}}

    [cut] = (await search.find(VARIABLES, long)).items
    [whole] = (await search.find(WHOLE_VARIABLES, long)).items

    assert (len(cut["value"]), cut["isTruncated"]) == (8191, True)
    assert (len(whole["value"]), whole["isTruncated"]) == (9002, False)
    assert await search.get(VARIABLE, 205) == {name: v for name, v in whole.items() if name != "isTruncated"}
    assert await found(search, {"isTruncated": True}, VARIABLES) == [205]
    assert await found(search, {"value": "30"}, VARIABLES) == [200, 201]


async def test_an_item_has_every_field_and_null_for_no_value(search: Search) -> None:
    assert await search.get(PROCESS_INSTANCES, 102) == {
        "processInstanceKey": "102",
        "processDefinitionId": "ship_it",
        "processDefinitionName": None,
        "processDefinitionVersion": 1,
        "processDefinitionVersionTag": None,
        "processDefinitionKey": "13",
        "parentProcessInstanceKey": None,
        "parentElementInstanceKey": None,
        "rootProcessInstanceKey": "102",
        "startDate": "2023-11-14T22:13:20.034Z",
        "endDate": f"2023-11-14T22:13:20.{102 * 7 % 50:03d}Z",
        "state": "TERMINATED",
        "suspendedDate": None,
        "hasIncident": False,
        "tenantId": "<default>",
        "tags": ["vip", "eu"],
        "businessId": None,
    }
    assert await search.get(PROCESS_INSTANCES, 999) is None


async def test_what_is_committed_is_found_at_once(search: Search, store: Store) -> None:
    for key in range(500, 520):
        put(store, [instance(key)])
        assert await found(search, {"processInstanceKey": str(key)}) == [key]
        put(store, [instance(key, state=COMPLETED)])
        assert await found(search, {"processInstanceKey": str(key), "state": "COMPLETED"}) == [key]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ([], "Request body cannot be parsed: expected a JSON object"),
        ({"foo": 1}, "Request property [foo] cannot be parsed."),
        ({"filter": 1}, "Request property [filter] cannot be parsed."),
        ({"filter": {"foo": 1}}, "Request property [filter.foo] cannot be parsed."),
        ({"filter": {"state": {"$gt": "ACTIVE"}}}, "Request property [filter.state.$gt] cannot be parsed."),
        ({"filter": {"state": 5}}, "Request property [filter.state] cannot be parsed."),
        ({"filter": {"$or": {}}}, "Request property [filter.$or] cannot be parsed."),
        ({"filter": {"$or": [{"$or": []}]}}, "Request property [filter.$or.$or] cannot be parsed."),
        ({"filter": {"hasIncident": "true"}}, "Request property [filter.hasIncident] cannot be parsed."),
        ({"filter": {"hasIncident": {"$eq": True}}}, "Request property [filter.hasIncident.$eq] cannot be parsed."),
        ({"filter": {"variables": [{"name": "a"}]}}, "No variable value provided."),
        ({"filter": {"variables": [{"name": {}, "value": "1"}]}}, "No variable name provided."),
        ({"filter": {"variables": [{"name": ["a"], "value": "1"}]}}, "Variable name is no text."),
        ({"filter": {"variables": {"a": 1}}}, "Request property [filter.variables] cannot be parsed."),
        ({"filter": {"processInstanceKey": {"$in": "1"}}}, "Request property [filter.processInstanceKey.$in] cannot"),
        (
            {"filter": {"processInstanceKey": {"$in": ["1"] * 1001}}},
            "The provided list for processInstanceKey has more",
        ),
        ({"filter": {"businessId": {"$like": "*a" * 30}}}, "The provided pattern has more than 20 wildcards."),
        ({"filter": {"$or": [{"businessId": "x"}] * 300}}, "The filter has more than 200 conditions."),
        ({"sort": [{"field": "foo"}]}, "Unknown sortBy: foo."),
        ({"sort": [{"order": "ASC"}]}, "Sort field must not be null."),
        ({"sort": [{"field": "state", "order": "UP"}]}, "Unexpected value 'UP' for enum field 'order'. Use any of"),
        ({"page": {"limit": 0}}, "The value for page.limit is '0' but must be within the [1,10000] range."),
        ({"page": {"limit": 10001}}, "The value for page.limit is '10001' but must be"),
        ({"page": {"from": -1}}, "The value for page.from is '-1' but must be"),
        ({"page": {"after": "!"}}, "The provided cursor for page.after is not one that this search has given."),
        ({"page": {"after": "WzEsMl0="}}, "The provided cursor for page.after is not one that this search has given."),
        ({"page": {"after": "Wzld", "before": "Wzld"}}, "Only one of [from, after, before] is allowed."),
        ({"page": {"size": 1}}, "Request property [page.size] cannot be parsed."),
    ],
)
async def test_requests_that_are_wrong_are_told_so(search: Search, request_: object, text: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        await search.find(PROCESS_INSTANCES, request_)

    assert str(error.value).startswith(text)


async def test_every_fault_of_a_request_is_told_at_once(search: Search) -> None:
    request = {
        "filter": {"processInstanceKey": "order", "state": "GONE", "startDate": "tomorrow"},
        "sort": [{"field": "x"}],
        "page": {"limit": -1},
    }

    with pytest.raises(InvalidArgument) as error:
        await search.find(PROCESS_INSTANCES, request)

    assert str(error.value) == (
        "The provided processInstanceKey 'order' is not a valid key. Expected a numeric value. Did you pass an entity id "
        "instead of an entity key?. Unexpected value 'GONE' for enum field 'state'. Use any of the following values: "
        "[ACTIVE, COMPLETED, SUSPENDED, TERMINATED]. The provided startDate 'tomorrow' cannot be parsed as a date "
        "according to RFC 3339, section 5.6. Unknown sortBy: x. The value for page.limit is '-1' but must be within the "
        "[1,10000] range."
    )


async def test_started_at_is_what_the_rows_say(search: Search) -> None:
    assert STARTED_AT == 1_700_000_000_000
    assert (await search.get(PROCESS_INSTANCES, 100))["startDate"] == "2023-11-14T22:13:20.033Z"
