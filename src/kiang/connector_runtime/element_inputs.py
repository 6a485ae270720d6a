"""Which secrets the inputs of an element write down literally: only these may its job ask for.

So process data that happens to hold `{{secrets.X}}`, or was made to, stays what it is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from kiang.bpmn.document import parse
from kiang.client.job import Job
from kiang.connector_runtime.inbound.engine import InboundEngine
from kiang.connector_sdk.secret import SecretRules, names_in
from kiang.errors import ClientError, InvalidBpmnError

DEFINITIONS_MAX = 1_000

Names = dict[str, frozenset[str]]
"""Names of secrets by element id."""


class ElementInputs:
    """Reads each process definition once."""

    def __init__(self, engine: InboundEngine) -> None:
        self._engine = engine
        self._known: OrderedDict[int, asyncio.Future[Names | None]] = OrderedDict()

    async def secret_names(self, job: Job) -> frozenset[str] | None:
        """Names that the job's element may ask for; None if its process cannot be read."""
        key = job.process_definition_key
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = asyncio.get_running_loop().create_future()
            if len(self._known) > DEFINITIONS_MAX:
                self._known.popitem(last=False)
            try:
                known.set_result(_names(await self._engine.xml(key)))
            except (ClientError, InvalidBpmnError):
                known.set_result(None)
                self._known.pop(key, None)
            except BaseException:
                known.cancel()
                self._known.pop(key, None)
                raise
        names = await asyncio.shield(known)
        return None if names is None else names.get(job.element_id, frozenset())


def _names(xml: bytes) -> Names:
    rules = SecretRules()
    found: Names = {}
    for tag in parse(xml).walk():
        mapping = tag.extension("zeebe:ioMapping")
        if mapping is not None:
            sources = [entry.get("source") for entry in mapping.children if entry.kind == "zeebe:input"]
            found[tag.id] = frozenset(names_in(sources, rules))
    return found
