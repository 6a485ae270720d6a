"""Callers who have to say who they are, over REST; gRPC is in tests/integration/test_identity.py."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.errors import ResourceExhausted, Unavailable
from kiang.gateway.auth.attempts import FREE_ATTEMPTS, NAME_CHARACTERS_MAX, WAIT_S_MAX, Attempts
from kiang.gateway.auth.authenticator import TooManyAttempts, Unauthenticated
from kiang.gateway.auth.basic import CHECKS_MAX, WAITING_MAX, BasicAuthenticator
from kiang.gateway.auth.oidc import FETCH_PAUSE_S, KEYS_S, KEYS_S_MAX, OidcAuthenticator, OidcSettings
from kiang.gateway.auth.users import UserStore
from kiang.gateway.rest.application import PUBLIC
from kiang.gateway.rest.resources import OPERATIONS
from kiang.gateway.rest.server import RestServer

ISSUER = "https://login.test"


@pytest.fixture
async def http(broker: SimulatedBroker) -> AsyncIterator[httpx.AsyncClient]:
    users = UserStore(None)
    users.create("ann", "s3cret:with colon", "Ann", "")
    server = RestServer(broker, port=0, users=users, authenticator=BasicAuthenticator(users))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=5) as client:
        yield client
    await server.stop(1)
    users.close()


ANN = ("ann", "s3cret:with colon")


async def test_only_who_knows_a_password_is_let_in(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    assert (await http.get("/topology", auth=ANN)).status_code == 200
    assert (await http.get("/authentication/me", auth=ANN)).json()["username"] == "ann"

    for attempt in (
        {},
        {"auth": ("ann", "wrong")},
        {"auth": ("bob", "s3cret:with colon")},
        {"headers": {"authorization": "Basic !!!"}},
        {"headers": {"authorization": "Bearer x.y.z"}},
        {"headers": {"authorization": "Basic YW5u"}},
    ):
        answer = await http.post("/jobs/5/completion", **attempt)
        assert answer.status_code == 401
        assert answer.json()["title"] == "Unauthorized"
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert broker.asked == []


@pytest.fixture
def basic() -> Iterator[BasicAuthenticator]:
    users = UserStore(None)
    users.create("ann", "right", "Ann", "")
    yield BasicAuthenticator(users)
    users.close()


def header(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def wrong(basic: BasicAuthenticator, name: str, source: str, password: str = "wrong") -> type[Exception]:
    with pytest.raises(Unauthenticated) as refused:
        await basic.authenticate(header(name, password), source)
    return type(refused.value)


async def test_who_guesses_has_to_wait_and_nobody_else_has(basic: BasicAuthenticator) -> None:
    now = [1_000.0]
    basic._attempts = Attempts(lambda: now[0])
    for name in ("ann", "nobody"):
        kinds = [await wrong(basic, name, "10.0.0.1") for _ in range(FREE_ATTEMPTS + 3)]
        assert kinds == [Unauthenticated] * FREE_ATTEMPTS + [TooManyAttempts] * 3
    assert await wrong(basic, "ann", "10.0.0.1", "right") is TooManyAttempts

    assert (await basic.authenticate(header("ann", "right"), "10.0.0.2")).name == "ann"
    waits = []
    for _ in range(9):
        waits.append(basic._attempts.wait_s("ann", "10.0.0.1"))
        now[0] += waits[-1]
        assert await wrong(basic, "ann", "10.0.0.1") is Unauthenticated
    assert waits == [1, 2, 4, 8, 16, 32, WAIT_S_MAX, WAIT_S_MAX, WAIT_S_MAX]

    now[0] += WAIT_S_MAX
    basic.users_changed()
    assert (await basic.authenticate(header("ann", "right"), "10.0.0.1")).name == "ann"
    assert await wrong(basic, "ann", "10.0.0.1") is Unauthenticated


async def test_guesses_sent_together_are_counted_too(basic: BasicAuthenticator) -> None:
    guesses = [basic.authenticate(header("ann", str(n)), "10.0.0.1") for n in range(40)]

    outcomes = [type(one) for one in await asyncio.gather(*guesses, return_exceptions=True)]

    assert set(outcomes) == {Unauthenticated, TooManyAttempts}
    assert outcomes.count(Unauthenticated) < FREE_ATTEMPTS + CHECKS_MAX


def test_of_long_names_only_the_beginning_is_remembered() -> None:
    attempts = Attempts()
    for _ in range(FREE_ATTEMPTS):
        attempts.was_wrong("n" * 12_000, "10.0.0.1")

    assert attempts.wait_s("n" * 12_000, "10.0.0.1") > 0
    assert [len(name) for name, _ in attempts._watched] == [NAME_CHARACTERS_MAX]


async def test_checks_do_not_pile_up(basic: BasicAuthenticator) -> None:
    tries = [basic.authenticate(header(f"user-{n}", "x"), f"10.0.0.{n}") for n in range(WAITING_MAX + 20)]
    running = [asyncio.ensure_future(one) for one in tries]
    done, waiting = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    refused = [one for one in done if isinstance(one.exception(), ResourceExhausted)]
    assert len(refused) == 20


async def test_who_has_to_wait_is_told_how_long(http: httpx.AsyncClient) -> None:
    for _ in range(FREE_ATTEMPTS):
        assert (await http.get("/topology", auth=("ann", "wrong"))).status_code == 401

    answer = await http.get("/topology", auth=ANN)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["title"] == "Too Many Requests"


async def test_nothing_but_what_is_public_is_answered_to_nobody(
    http: httpx.AsyncClient, broker: SimulatedBroker
) -> None:
    root = str(http.base_url).removesuffix("/v2/")
    answered = set()
    for operation in OPERATIONS:
        path = re.sub(r"\{\w+\}", "1", operation.path)
        url = root + path if path.startswith("/cluster/") else path
        for headers in ({}, {"authorization": "Bearer e30.e30."}, {"x-forwarded-user": "ann", "cookie": "session=1"}):
            answer = await http.request(operation.method, url, headers=headers)
            if answer.status_code != 401:
                answered.add(operation.id)

    assert answered == PUBLIC
    assert broker.asked == []


async def test_probes_need_no_password(http: httpx.AsyncClient) -> None:
    assert (await http.get("/status")).status_code == 204
    assert (await http.get("/license")).status_code == 200


async def test_a_link_to_a_document_needs_no_password_and_opens_nothing_else(http: httpx.AsyncClient) -> None:
    for name in ("a", "b"):
        files = {"file": (f"{name}.txt", name.encode())}
        assert (await http.post(f"/documents?documentId={name}", files=files, auth=ANN)).status_code == 201
    link = (await http.post("/documents/a/links", json={"timeToLive": 60_000}, auth=ANN)).json()["url"]
    older = (await http.post("/documents/a/link", json={"timeToLive": 60_000}, auth=ANN)).json()["url"]

    assert [(await http.get(url)).content for url in (link, older)] == [b"a", b"a"]
    for changed in (
        link.replace("/a?", "/b?"),
        link.replace("expiresAt=", "expiresAt=9"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.partition("&signature=")[0] + "&signature=",
    ):
        assert (await http.get(changed)).status_code == 403
    for unsigned in (
        link.partition("?")[0],
        link.replace("&signature=", "&xsignature="),
        link.replace("&signature=", "&Signature="),
    ):
        assert (await http.get(unsigned)).status_code == 401
    assert (await http.delete(link)).status_code == 401
    assert (await http.get(f"/topology?{link.partition('?')[2]}")).status_code == 401


async def test_users_come_change_and_go(http: httpx.AsyncClient) -> None:
    body = {"username": "bob", "password": "first", "name": "Bob"}

    created = await http.post("/users", json=body, auth=ANN)

    assert (created.status_code, created.json()) == (201, {"username": "bob", "name": "Bob", "email": None})
    assert (await http.post("/users", json=body, auth=ANN)).status_code == 409
    assert (await http.get("/topology", auth=("bob", "first"))).status_code == 200
    found = (await http.post("/users/search", json={"filter": {"username": {"$like": "b*"}}}, auth=ANN)).json()
    assert [user["username"] for user in found["items"]] == ["bob"]
    assert "first" not in json.dumps(found)

    changed = await http.put("/users/bob", json={"password": "second", "email": "b@c.test"}, auth=ANN)
    assert changed.json() == {"username": "bob", "name": "Bob", "email": "b@c.test"}
    assert (await http.get("/topology", auth=("bob", "first"))).status_code == 401
    assert (await http.get("/topology", auth=("bob", "second"))).status_code == 200

    assert (await http.delete("/users/bob", auth=ANN)).status_code == 204
    assert (await http.get("/topology", auth=("bob", "second"))).status_code == 401
    assert (await http.get("/users/bob", auth=ANN)).status_code == 404
    assert (await http.delete("/users/bob", auth=ANN)).status_code == 404
    assert (await http.post("/setup/user", json=body)).status_code == 403


async def test_users_that_cannot_be(http: httpx.AsyncClient) -> None:
    answer = await http.post("/users", json={"username": "a b", "name": "x" * 300}, auth=ANN)

    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert "username contains illegal characters" in detail
    assert "No password provided" in detail
    assert "name exceeds the limit of 256 characters" in detail


class Provider(httpx.AsyncBaseTransport):
    """A simulated OpenID Connect provider."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.fetched = 0
        self.is_down = False
        self.add_key("one")

    def add_key(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            self.fetched += 1
            raise httpx.ConnectError("nobody is there")
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"jwks_uri": f"{ISSUER}/keys"})
        self.fetched += 1
        keys = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return httpx.Response(200, json={"keys": keys})

    def token(self, kid: str = "one", *, key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
        all_claims = {"iss": ISSUER, "aud": "kiang", "exp": time.time() + 60, "sub": "id-1", **claims}
        kept = {name: value for name, value in all_claims.items() if value is not None}
        return "Bearer " + jwt.encode(kept, key or self.keys[kid], algorithm=algorithm, headers={"kid": kid})


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def oidc(provider: Provider) -> OidcAuthenticator:
    return OidcAuthenticator(OidcSettings(ISSUER, "kiang"), transport=provider)


async def test_tokens_name_people_and_programs(oidc: OidcAuthenticator, provider: Provider) -> None:
    person = await oidc.authenticate(provider.token(preferred_username="ann"))
    program = await oidc.authenticate(provider.token(client_id="worker"))

    assert (person.name, person.is_client) == ("ann", False)
    assert (program.name, program.is_client) == ("worker", True)


async def test_a_good_token_is_remembered(oidc: OidcAuthenticator, provider: Provider) -> None:
    token = provider.token(preferred_username="ann")
    assert oidc.known(token) is None

    identity = await oidc.authenticate(token)

    assert oidc.known(token) == identity
    assert oidc.known(token + "x") is None


async def test_tokens_that_prove_nothing(oidc: OidcAuthenticator, provider: Provider) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = provider.keys["one"].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for forged in (
        "",
        "Bearer ",
        "Bearer a.b.c",
        "Basic YTpi",
        provider.token(exp=time.time() - 60),
        provider.token(exp=None),
        provider.token(nbf=time.time() + 600),
        provider.token(iss="https://elsewhere.test"),
        provider.token(aud="other"),
        provider.token(key=stranger),
        _signed_with_the_public_key(pem),
        "Bearer " + jwt.encode({"iss": ISSUER, "aud": "kiang", "exp": time.time() + 60}, None, algorithm="none"),
        "Bearer " + "x" * 20_000,
    ):
        with pytest.raises(Unauthenticated):
            await oidc.authenticate(forged)
        assert oidc.known(forged) is None


def _signed_with_the_public_key(pem: bytes) -> str:
    """The old attack: a shared-secret signature whose secret is the key that everybody can read."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": ISSUER, "aud": "kiang", "exp": time.time() + 60, "sub": "id-1"}
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{part(claims)}"
    signature = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"Bearer {signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class Turned:
    """A clock that a test turns."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def turned(provider: Provider) -> Iterator[tuple[OidcAuthenticator, Turned]]:
    clock = Turned()
    keys = dict(provider.keys)
    yield OidcAuthenticator(OidcSettings(ISSUER, "kiang"), transport=provider, clock=clock), clock
    provider.keys, provider.is_down = keys, False


async def test_a_new_key_of_the_provider_is_fetched(
    provider: Provider, turned: tuple[OidcAuthenticator, Turned]
) -> None:
    oidc, clock = turned
    await oidc.authenticate(provider.token())
    provider.add_key("two")
    before = provider.fetched

    with pytest.raises(Unauthenticated):
        await oidc.authenticate(provider.token("two"))
    assert provider.fetched == before, "an unknown key must not have the provider asked again and again"
    clock.now += FETCH_PAUSE_S

    assert (await oidc.authenticate(provider.token("two"))).name == "id-1"


async def test_a_key_that_the_provider_takes_back_is_forgotten(
    provider: Provider, turned: tuple[OidcAuthenticator, Turned]
) -> None:
    oidc, clock = turned
    taken = provider.token()
    await oidc.authenticate(provider.token(sub="before"))
    provider.add_key("two")
    del provider.keys["one"]
    clock.now += KEYS_S + 1

    assert (await oidc.authenticate(provider.token("two"))).name == "id-1"
    with pytest.raises(Unauthenticated):
        await oidc.authenticate(taken)


async def test_known_keys_outlive_an_outage_of_the_provider_for_a_while(
    provider: Provider, turned: tuple[OidcAuthenticator, Turned]
) -> None:
    oidc, clock = turned
    await oidc.authenticate(provider.token(sub="0"))
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.is_down = True
    clock.now += KEYS_S + 1
    before = provider.fetched

    for number in range(20):
        assert (await oidc.authenticate(provider.token(sub=str(number)))).name == str(number)
    assert provider.fetched == before + 1, "an outage must not have the provider asked again and again"
    with pytest.raises(Unavailable):
        await oidc.authenticate(provider.token("three", key=other))
    clock.now += KEYS_S_MAX
    with pytest.raises(Unavailable):
        await oidc.authenticate(provider.token(sub="late"))

    provider.is_down = False
    clock.now += FETCH_PAUSE_S
    assert (await oidc.authenticate(provider.token(sub="again"))).name == "again"


async def test_a_provider_that_is_down_from_the_start_is_not_asked_for_every_token(
    provider: Provider, turned: tuple[OidcAuthenticator, Turned]
) -> None:
    oidc, _ = turned
    provider.is_down = True
    before = provider.fetched

    for _ in range(5):
        with pytest.raises(Unavailable):
            await oidc.authenticate(provider.token())

    assert provider.fetched == before + 1


def unsigned(header: dict[str, Any], claims: dict[str, Any] | None = None, signature: bytes = b"x") -> str:
    """A token with any header."""
    parts = [json.dumps(header).encode(), json.dumps(claims or {"iss": ISSUER}).encode(), signature]
    return "Bearer " + ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "one\x00", "' OR 1=1 --", "https://evil.test/jwks.json", "", 1, None, ["one"]]
)
async def test_a_key_is_found_by_its_name_alone(oidc: OidcAuthenticator, kid: Any) -> None:
    """A key of the attacker's own, carried by the token or named by it, is never looked at."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = {**json.loads(RSAAlgorithm.to_jwk(stranger.public_key())), "kid": "one"}
    claims = {"iss": ISSUER, "aud": "kiang", "exp": time.time() + 60, "sub": "id-1"}
    for more in ({}, {"jwk": own}, {"jku": "https://evil.test/jwks.json"}, {"x5u": "https://evil.test/cert"}):
        header = {"alg": "RS256", "typ": "JWT", "kid": kid, **more}
        signed = unsigned(header, claims).removeprefix("Bearer ").rpartition(".")[0]
        signature = stranger.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(Unauthenticated):
            await oidc.authenticate(unsigned(header, claims, signature))


async def test_headers_of_tokens_that_are_no_headers(oidc: OidcAuthenticator) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 10_000).rstrip(b"=").decode()
    for token in (
        f"Bearer {deep}.e30.eA",
        unsigned({"alg": ["RS256"], "kid": "one"}),
        unsigned({"alg": "RS256", "kid": "one", "crit": ["exp"]}),
        unsigned({"alg": "RS256", "kid": "one", "b64": False}),
        unsigned({"alg": "none", "kid": "one"}, signature=b""),
        unsigned({"alg": "nOnE", "kid": "one"}, signature=b""),
        "Bearer \xff\xfe.e30.eA",
        "Bearer ..",
    ):
        with pytest.raises(Unauthenticated):
            await oidc.authenticate(token)
