"""Running a connector in a test: no engine, no process, no server of ours.

async def test_greets():
    run = await run_connector(greet, {"name": "{{secrets.WHO}}"}, secrets={"WHO": "Ada"})

    assert run.result == {"text": "Hello Ada"}
    run.assert_no_secret()
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kiang.connector_sdk.cassette import Cassette, CassetteError
from kiang.connector_sdk.document import DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.execution import Call
from kiang.connector_sdk.http.client import EXCHANGE
from kiang.connector_sdk.outbound import JobInfo, Messages, OutboundContext, Resources, connector_of
from kiang.connector_sdk.secret import SecretRules, StaticSecrets


@dataclass
class ConnectorRun:
    """What came of one call.

    Attributes:
        result: As JSON; None if it failed.
        error: What the connector raised; None if it succeeded.
        secrets: Values that were put into the input.
        documents: Where its documents lie.
    """

    result: Any = None
    error: Exception | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    documents: DocumentStore = field(default_factory=MemoryDocumentStore)

    def assert_no_secret(self) -> None:
        """No secret is in the result or in the error.

        Raises:
            AssertionError: One is; the message names it, without its value.
        """
        left = json.dumps(self.result, ensure_ascii=False)
        if self.error is not None:
            left += str(self.error) + json.dumps(getattr(self.error, "variables", {}), ensure_ascii=False, default=str)
        for name, value in self.secrets.items():
            written = json.dumps(value, ensure_ascii=False)[1:-1]
            assert value not in left, f"secret {name} is in what the connector gave out"
            assert written not in left, f"secret {name} is in what the connector gave out"


async def run_connector(
    connector: Any,
    variables: Mapping[str, Any] | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    job: JobInfo | None = None,
    documents: DocumentStore | None = None,
    resources: Resources | None = None,
    messages: Messages | None = None,
    http: Cassette | None = None,
) -> ConnectorRun:
    """Call a connector as the runtime does: secrets put in, input bound and validated, result as JSON.

    Args:
        connector: The decorated function or class.
        variables: Its input, as JSON.
        secrets: By name.
        headers: Task headers; `operation` chooses one of several.
        job: What the connector sees of its job.
        documents: Where documents lie; memory unless given.
        messages: What takes messages to an engine.
        resources: Shared with other calls; the caller closes it then. Without it, nothing outlives the call.
        http: Answers the requests of the SDK's HTTP client, or records them.

    Raises:
        CassetteError: The connector sent a request that `http` does not hold.
    """
    store = documents or MemoryDocumentStore()
    kept = resources or Resources()
    if http is not None:
        http.add_secrets(secrets or {})
        kept.drop(EXCHANGE)
        kept.get(EXCHANGE, lambda: http)
    context = OutboundContext(
        job or JobInfo(headers=dict(headers or {})), documents=store, resources=kept, messages=messages
    )
    provider = StaticSecrets(dict(secrets or {}))
    call = Call(connector_of(connector), variables or {}, headers or {}, context, provider, SecretRules())
    run = ConnectorRun(secrets=call.secrets, documents=store)
    try:
        run.result = await call.run()
    except CassetteError:
        raise
    except Exception as error:  # noqa: BLE001 - the test looks at it
        run.error = error
    finally:
        if http is not None:
            kept.drop(EXCHANGE)
        if resources is None:
            await kept.close()
    return run
