"""Arguments, environment variables and defaults."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiang import errors
from kiang.client import (
    Address,
    AsyncClient,
    BasicCredentials,
    BearerCredentials,
    ClientSettings,
    NoCredentials,
    OAuthCredentials,
    Wire,
)


def read(grpc_address=None, /, **environ: str) -> ClientSettings:
    return ClientSettings.read(grpc_address, environ=environ)


def test_without_anything_it_is_the_local_engine_over_grpc() -> None:
    settings = read()

    assert settings.wire is Wire.GRPC
    assert settings.grpc_address == Address("localhost", 26500, tls=False)
    assert settings.rest_url == "http://localhost:8080/v2"
    assert isinstance(settings.credentials, NoCredentials)
    assert settings.tenant_id == "<default>"
    assert settings.worker_tenant_ids == ("<default>",)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("engine", Address("engine", 26500)),
        ("engine:1234", Address("engine", 1234)),
        ("[::1]:1234", Address("::1", 1234)),
        ("grpc://engine:1234", Address("engine", 1234)),
        ("http://engine:1234/", Address("engine", 1234)),
        ("grpcs://engine", Address("engine", 443, tls=True)),
        ("https://engine:1234", Address("engine", 1234, tls=True)),
        ("engine:443", Address("engine", 443, tls=True)),
    ],
)
def test_addresses_are_read_as_the_other_clients_read_them(text, address) -> None:
    assert read(text).grpc_address == address
    assert read(ZEEBE_ADDRESS=text).grpc_address == address
    assert read(ZEEBE_GRPC_ADDRESS=text, ZEEBE_ADDRESS="other:1").grpc_address == address


@pytest.mark.parametrize("text", ["ftp://engine", "engine:many", "http://engine/path", ":1"])
def test_an_address_that_is_none_is_named(text) -> None:
    with pytest.raises(errors.ConfigError, match="ZEEBE_ADDRESS"):
        read(ZEEBE_ADDRESS=text)


def test_an_argument_beats_the_environment() -> None:
    assert read("mine:1", ZEEBE_ADDRESS="theirs:2").grpc_address.host == "mine"


def test_rest_addresses_get_the_base_path_and_alone_they_choose_the_wire() -> None:
    settings = read(ZEEBE_REST_ADDRESS="http://engine:8080/")
    assert (settings.rest_url, settings.wire) == ("http://engine:8080/v2", Wire.REST)

    settings = read(CAMUNDA_REST_ADDRESS="https://engine/cluster/v2", ZEEBE_ADDRESS="engine:1")
    assert (settings.rest_url, settings.wire) == ("https://engine/cluster/v2", Wire.GRPC)

    assert read(ZEEBE_ADDRESS="engine:1", ZEEBE_PREFER_REST="true").wire is Wire.REST
    with pytest.raises(errors.ConfigError, match="ZEEBE_REST_ADDRESS"):
        read(ZEEBE_REST_ADDRESS="engine:8080")


def test_a_cluster_of_the_cloud_is_found_by_its_name_and_region() -> None:
    settings = read(
        CAMUNDA_CLUSTER_ID="c1", CAMUNDA_CLUSTER_REGION="bru-2", ZEEBE_CLIENT_ID="id", ZEEBE_CLIENT_SECRET="secret"
    )

    assert settings.grpc_address == Address("c1.bru-2.zeebe.camunda.io", 443, tls=True)
    assert settings.rest_url == "https://bru-2.zeebe.camunda.io/c1/v2"
    assert "login.cloud.camunda.io" in repr(settings.credentials)


def test_tokens_never_travel_in_the_clear_over_a_network_unless_that_is_said() -> None:
    identity = {"ZEEBE_CLIENT_ID": "id", "ZEEBE_CLIENT_SECRET": "secret"}

    assert read(ZEEBE_ADDRESS="engine:26500", **identity).grpc_address.tls
    assert not read(ZEEBE_ADDRESS="localhost:26500", **identity).grpc_address.tls
    assert not read(ZEEBE_ADDRESS="engine:26500", ZEEBE_INSECURE_CONNECTION="true", **identity).grpc_address.tls
    assert read(ZEEBE_ADDRESS="engine:26500", CAMUNDA_SECURE_CONNECTION="true").grpc_address.tls


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"CAMUNDA_AUTH_STRATEGY": "NONE", "ZEEBE_CLIENT_ID": "a", "ZEEBE_CLIENT_SECRET": "b"}, NoCredentials),
        ({"ZEEBE_CLIENT_ID": "a", "ZEEBE_CLIENT_SECRET": "b"}, OAuthCredentials),
        ({"CAMUNDA_AUTH_STRATEGY": "oauth", "CAMUNDA_CLIENT_ID": "a", "CAMUNDA_CLIENT_SECRET": "b"}, OAuthCredentials),
        ({"CAMUNDA_BASIC_AUTH_USERNAME": "demo", "CAMUNDA_BASIC_AUTH_PASSWORD": "demo"}, BasicCredentials),
        ({"CAMUNDA_AUTH_STRATEGY": "BEARER", "CAMUNDA_OAUTH_TOKEN": "t"}, BearerCredentials),
    ],
)
def test_credentials_come_from_the_usual_variables(environ, kind) -> None:
    assert type(read(**environ).credentials) is kind


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"CAMUNDA_AUTH_STRATEGY": "MAGIC"}, "CAMUNDA_AUTH_STRATEGY"),
        ({"CAMUNDA_AUTH_STRATEGY": "OAUTH"}, "ZEEBE_CLIENT_ID"),
        ({"CAMUNDA_AUTH_STRATEGY": "OAUTH", "ZEEBE_CLIENT_ID": "a"}, "ZEEBE_CLIENT_SECRET"),
        ({"CAMUNDA_AUTH_STRATEGY": "BASIC"}, "CAMUNDA_BASIC_AUTH_USERNAME"),
        ({"CAMUNDA_AUTH_STRATEGY": "BEARER"}, "CAMUNDA_OAUTH_TOKEN"),
        ({"ZEEBE_INSECURE_CONNECTION": "perhaps"}, "ZEEBE_INSECURE_CONNECTION"),
        ({"ZEEBE_KEEP_ALIVE": "-1"}, "ZEEBE_KEEP_ALIVE"),
        ({"ZEEBE_CA_CERTIFICATE_PATH": "no/such/file.pem"}, "ZEEBE_CA_CERTIFICATE_PATH"),
        ({"CAMUNDA_OAUTH_URL": "auth", "ZEEBE_CLIENT_ID": "a", "ZEEBE_CLIENT_SECRET": "b"}, "CAMUNDA_OAUTH_URL"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(environ, variable) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        read(**environ)

    assert caught.value.variable == variable


def test_tenants_of_requests_and_workers() -> None:
    settings = read(ZEEBE_DEFAULT_TENANT_ID="shop", ZEEBE_DEFAULT_JOB_WORKER_TENANT_IDS="shop, bank")

    assert settings.tenant_id == "shop"
    assert settings.worker_tenant_ids == ("shop", "bank")
    assert read(CAMUNDA_TENANT_ID="shop").worker_tenant_ids == ("shop",)


def test_making_a_client_needs_no_event_loop_and_no_engine() -> None:
    client = AsyncClient("engine:1", timeout=timedelta(seconds=3))

    assert repr(client) == "AsyncClient('engine:1')"
    assert client.settings.timeout == timedelta(seconds=3)
    with pytest.raises(errors.ConfigError, match="wire"):
        AsyncClient(wire="pigeon")
