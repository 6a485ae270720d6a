"""Plays a recorded connector job without an engine: the runtime is given what the original was given, again for each attempt."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed, ErrorThrown, Failed
from kiang.connector_runtime.settings import Settings
from kiang.connector_sdk import JobInfo, StaticSecrets, connector_of
from kiang.connector_sdk.feel import evaluate, is_expression
from kiang.connectors.http_json import http_json

ATTEMPTS_MAX = 10
BACKOFF_WAITED_MAX_MS = 60_000


def recordings(folder: Path) -> ModuleType:
    """The module `scenario` beside the recordings."""
    spec = importlib.util.spec_from_file_location("connector_scenario", folder / "scenario.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


async def play(
    case: dict[str, Any], job_variables: dict[str, Any], scenario: ModuleType, settings: Settings
) -> dict[str, Any]:
    """The outcome of a case in the shape of its recording, as far as the runtime decides it."""
    server = scenario.Server(case.get("server", scenario.DEFAULT_SERVER))
    port = str(server.port)
    runner = OutboundRunner(StaticSecrets(_at_port(case.get("secrets", {}), port)), settings)
    headers = {k: v for k, v in _at_port(case.get("headers", {}), port).items() if v != ""}
    variables = _at_port(job_variables, port)
    retries = retries_of(case)
    attempts: list[dict[str, Any]] = []
    incident: dict[str, Any] | None = None
    end: str | None = None
    try:
        for _ in range(ATTEMPTS_MAX):
            job = JobInfo(1, case.get("type", scenario.TYPE), retries, headers, element_id="task")
            outcome = await runner.run(connector_of(http_json), job, variables)
            match outcome:
                case Completed(variables=result):
                    attempts.append({"result": "completed", "variables": result})
                    end = "end"
                case ErrorThrown(code=code, message=message, variables=result):
                    attempts.append({"result": "error_thrown", "code": code, "message": message, "variables": result})
                    end = "end_caught" if case.get("boundary") else None
                case Failed():
                    attempts.append(
                        {
                            "result": "failed",
                            "retries": outcome.retries,
                            "message": outcome.message,
                            "backoff_ms": outcome.backoff_ms,
                            "variables": outcome.variables,
                        }
                    )
                    retries = outcome.retries
                    if retries > 0 and outcome.backoff_ms <= BACKOFF_WAITED_MAX_MS:
                        continue
                    if retries <= 0:
                        incident = {"type": "JOB_NO_RETRIES", "element": "task", "message": outcome.message}
            break
    finally:
        await runner.resources.close()
        server.close()
    outcome_json = {
        "requests": server.requests,
        "attempts": scenario.shorten(attempts),
        "incidents": [incident] if incident else [],
        "end": end,
    }
    return json.loads(json.dumps(outcome_json).replace(port, "$PORT"))


def retries_of(case: dict[str, Any]) -> int:
    """The retries of the task, a number or an expression over the variables, as the engine evaluates them."""
    given = case.get("retries", 3)
    return int(evaluate(given, case.get("variables", {}))) if is_expression(given) else int(given)


def of_the_runtime(expected: dict[str, Any]) -> dict[str, Any]:
    """The part of a recording that the runtime decides; the rest is the engine's."""
    incidents = [incident for incident in expected["incidents"] if incident["type"] == "JOB_NO_RETRIES"]
    return {
        "requests": expected["requests"],
        "attempts": expected["attempts"],
        "incidents": incidents,
        "end": expected["end"],
    }


def _at_port(value: Any, port: str) -> Any:
    return json.loads(json.dumps(value).replace("$PORT", port))
