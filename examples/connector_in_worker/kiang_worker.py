"""A connector beside other handlers in a worker of one's own.

kiang serve
python -m examples.connector_in_worker.kiang_worker
"""

from kiang import AsyncClient, Worker
from kiang.connector_runtime.handler import add_connector
from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_sdk.secret import StaticSecrets
from kiang.connectors.http_json import http_json

worker = Worker(AsyncClient())  # localhost:26500, or ZEEBE_ADDRESS

# Where {{secrets.NAME}} comes from: here a fixed value; see kiang.connector_runtime.secret_providers for others.
add_connector(worker, http_json, OutboundRunner(secrets=StaticSecrets({"TOKEN": "shown-to-the-peer-only"})))


@worker.job("greet")
async def greet(name: str) -> dict[str, str]:
    """A handler as any other."""
    return {"greeting": f"Hello, {name}"}


if __name__ == "__main__":
    worker.run()
