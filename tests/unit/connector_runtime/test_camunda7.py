"""Camunda 7: settings, and typed variables in both directions."""

from __future__ import annotations

from typing import Any

import pytest

from kiang.client import BasicCredentials, BearerCredentials
from kiang.connector_runtime.camunda7 import Camunda7Settings
from kiang.connector_runtime.camunda7.variables import plain, typed
from kiang.errors import ConfigError

URL = "http://localhost:8080/engine-rest"


def read(**variables: str) -> Camunda7Settings | None:
    return Camunda7Settings.read(environ={f"KIANG_CAMUNDA7_{name}": value for name, value in variables.items()})


def test_without_an_address_there_is_no_camunda7() -> None:
    assert read() is None
    assert read(URL=" ", RETRIES="5") is None


def test_settings_come_from_the_environment() -> None:
    found = read(URL=f"{URL}/", USERNAME="ada", PASSWORD="p", TENANT_IDS="a, b", ALL_VARIABLES="true", RETRIES="5")

    assert found is not None
    assert (found.url, found.tenant_ids, found.all_variables, found.retries) == (URL, ("a", "b"), True, 5)
    assert isinstance(found.credentials, BasicCredentials)
    assert isinstance(getattr(read(URL=URL, TOKEN="t"), "credentials", None), BearerCredentials)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "localhost:8080"),
        ("URL", "http://ada:only-for-this-test@localhost/engine-rest"),
        ("CA_FILE", "/no/such/file.pem"),
        ("ALL_VARIABLES", "perhaps"),
        ("RETRIES", "0"),
        ("POLL_SECONDS", "soon"),
        ("POLL_SECONDS", "1801"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"KIANG_CAMUNDA7_{name}") as refused:
        read(**{"URL": URL, name: value})
    assert "only-for-this-test" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (None, "Null", None),
        (True, "Boolean", True),
        (2**31 - 1, "Integer", 2**31 - 1),
        (2**31, "Long", 2**31),
        (2**70, "Json", str(2**70)),
        (1.5, "Double", 1.5),
        ("ä", "String", "ä"),
        ("x" * 4_001, "Json", '"' + "x" * 4_001 + '"'),
        ({"a": [1]}, "Json", '{"a": [1]}'),
    ],
)
def test_values_travel_with_their_type_and_come_back(value: Any, kind: str, written: Any) -> None:
    variables = typed({"v": value})

    assert variables == {"v": {"value": written, "type": kind}}
    assert plain(variables) == {"v": value}


def test_dots_nest_and_go_into_what_is_there() -> None:
    given = typed({"a.b.c": 1, "a.d": "x", "a": {"e": True}, ".odd": 2, "f": 3, "f.g": 4})

    assert plain(given) == {"a": {"b": {"c": 1}, "d": "x", "e": True}, ".odd": 2, "f": {"g": 4}}


def test_objects_are_read_if_they_are_json() -> None:
    as_json = {"serializationDataFormat": "application/json"}
    as_java = {"serializationDataFormat": "application/x-java-serialized-object"}

    assert plain(
        {
            "json": {"type": "Object", "value": '{"a": 1}', "valueInfo": as_json},
            "java": {"type": "Object", "value": "rO0AB", "valueInfo": as_java},
            "file": {"type": "File", "value": None, "valueInfo": {"filename": "a.txt"}},
            "broken": {"type": "Json", "value": "{", "valueInfo": {}},
        }
    ) == {"json": {"a": 1}, "java": None, "file": None, "broken": "{"}
