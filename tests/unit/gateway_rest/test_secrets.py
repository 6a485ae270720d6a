"""Secrets over REST: who may see which, and that no value goes anywhere else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiang.broker.broker import Broker
from kiang.connector_runtime.secret_providers import configured
from kiang.connector_sdk.secret import SecretContext, StaticSecrets
from kiang.gateway.auth.access import AccessControl
from kiang.gateway.auth.basic import BasicAuthenticator
from kiang.gateway.auth.users import UserStore
from kiang.gateway.rest.server import RestServer
from kiang.protocol.identity import CreateAuthorization, EntityKind, Grant, SetUpIdentity
from kiang.store.memory import MemoryStore

VALUES = {"api-token": "very-secret-token", "DB_PASSWORD": "very-secret-password", "with.dot": "very-secret-dot"}


class BrokenSecrets:
    """A store whose errors hold what they should not."""

    async def secret(self, name: str, context: SecretContext) -> str | None:
        raise RuntimeError("very-secret-token")

    async def names(self, context: SecretContext) -> Iterable[str]:
        raise RuntimeError("very-secret-token")


@asynccontextmanager
async def serving(secrets: Any, user: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A server; with a user one that asks who is there."""
    broker = Broker(MemoryStore())
    await broker.start()
    options: dict[str, Any] = {}
    if user:
        users = UserStore(None)
        users.create(user, "pass", "", "")
        await broker.execute(SetUpIdentity(("admin",), ()))
        control = AccessControl(broker.store, authorizations=True, multi_tenancy=False)
        options = {"users": users, "authenticator": BasicAuthenticator(users), "access_control": control}
    server = RestServer(broker, port=0, secrets=secrets, **options)
    await server.start()
    auth = (user, "pass") if user else None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2/secrets", auth=auth, timeout=5) as http:
        http.broker = broker  # type: ignore[attr-defined]
        yield http
    await server.stop(1)
    await broker.stop()


async def resolve(http: httpx.AsyncClient, *names: str) -> dict[str, Any]:
    answer = await http.post("/resolve", json={"references": [f"camunda.secrets.{name}" for name in names]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_what_is_configured_is_listed_and_resolved_each_by_itself() -> None:
    async with serving(StaticSecrets(VALUES)) as http:
        listed = (await http.post("/list")).json()
        found = await resolve(http, "api-token", "nothing", "api-token", "with.dot", "", "DB_PASSWORD")

    assert listed == {"references": ["camunda.secrets.DB_PASSWORD", "camunda.secrets.api-token"]}
    assert found["resolved"] == [
        {"reference": "camunda.secrets.api-token", "value": "very-secret-token"},
        {"reference": "camunda.secrets.DB_PASSWORD", "value": "very-secret-password"},
    ]
    assert [(e["reference"], e["code"]) for e in found["errors"]] == [
        ("camunda.secrets.nothing", "NOT_FOUND"),
        ("camunda.secrets.with.dot", "INVALID_REFERENCE"),
        ("camunda.secrets.", "INVALID_REFERENCE"),
    ]


async def test_without_a_store_there_are_none() -> None:
    async with serving(None) as http:
        assert (await http.post("/list", json={})).json() == {"references": []}
        (error,) = (await resolve(http, "api-token"))["errors"]

    assert error["code"] == "NOT_FOUND"
    assert "--secrets" in error["message"]


async def test_a_store_that_fails_says_nothing_of_what_it_knows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(BrokenSecrets()) as http:
        listed = await http.post("/list")
        found = await resolve(http, "api-token")

    assert (listed.status_code, listed.json()["title"]) == (503, "UNAVAILABLE")
    assert [e["code"] for e in found["errors"]] == ["UNREADABLE"]
    assert "very-secret" not in listed.text + str(found) + caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(
    "body",
    [{}, {"references": None}, {"references": "x"}, {"references": [None]}, {"references": ["x"] * 21}, {"a": 1}],
)
async def test_requests_that_are_none(body: dict[str, Any]) -> None:
    async with serving(StaticSecrets(VALUES)) as http:
        answer = await http.post("/resolve", json=body)

    assert answer.status_code == 400


async def test_a_long_reference_is_cut_where_it_comes_back() -> None:
    async with serving(StaticSecrets(VALUES)) as http:
        (error,) = (await resolve(http, "x" * 100_000))["errors"]

    assert (error["code"], len(error["reference"])) == ("INVALID_REFERENCE", 512)


async def test_who_may_nothing_sees_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(StaticSecrets(VALUES), "ada") as http:
        listed = (await http.post("/list")).json()
        found = await resolve(http, "api-token", "nothing")
        stranger = await http.post("/list", auth=("eve", "guess"))

    assert listed == {"references": []}
    assert [e["code"] for e in found["errors"]] == ["ACCESS_DENIED", "ACCESS_DENIED"]
    assert stranger.status_code == 401
    assert "very-secret" not in caplog.text


async def test_reading_names_and_revealing_values_are_granted_by_name() -> None:
    async with serving(StaticSecrets(VALUES), "ada") as http:
        for permission, name in (("READ", "DB_PASSWORD"), ("REVEAL", "api-token")):
            granted = Grant(EntityKind.USER, "ada", "SECRET", name, "", (permission,))
            await http.broker.execute(CreateAuthorization(granted))  # type: ignore[attr-defined]

        listed = (await http.post("/list")).json()
        found = await resolve(http, "api-token", "DB_PASSWORD")

    assert listed == {"references": ["camunda.secrets.DB_PASSWORD"]}
    assert [one["value"] for one in found["resolved"]] == ["very-secret-token"]
    assert [e["code"] for e in found["errors"]] == ["ACCESS_DENIED"]


async def test_the_administrator_may_see_all_of_them() -> None:
    async with serving(StaticSecrets(VALUES), "admin") as http:
        found = await resolve(http, "api-token")

    assert [one["value"] for one in found["resolved"]] == ["very-secret-token"]


async def test_every_provider_of_the_connector_runtime_that_knows_its_names_lists_them(tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "FILE_KEY").write_text("1\n")
    (tmp_path / "mounted" / "..data").mkdir()
    (tmp_path / "dotenv").write_text("DOTENV_KEY=2\n")
    environ = {
        "SECRET_ENV_KEY": "3",
        "PATH": "/bin",
        "KIANG_SECRETS_DIRECTORY": str(tmp_path / "mounted"),
        "KIANG_SECRETS_FILE": str(tmp_path / "dotenv"),
    }
    async with serving(configured(environ)) as http:
        listed = (await http.post("/list")).json()["references"]
        found = await resolve(http, *(reference.rpartition(".")[2] for reference in listed))

    assert listed == ["camunda.secrets.DOTENV_KEY", "camunda.secrets.ENV_KEY", "camunda.secrets.FILE_KEY"]
    assert [one["value"] for one in found["resolved"]] == ["2", "3", "1"]
