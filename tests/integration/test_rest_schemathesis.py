"""Requests made from the OpenAPI document that a server serves, against this server: right ones, almost right ones, wrong ones.

No request may be answered with an error of the server, or with anything that the document does not announce.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.running_engine import running_engine

SECONDS_MAX = 300
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_server_keeps_what_its_document_promises(tmp_path: Path) -> None:
    backups = f"--backups={tmp_path / 'backups'}"
    with running_engine(tmp_path / "data", "--controlled-clock", backups) as engine:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                f"{engine.rest_url}/v2/openapi.json",
                f"--url={engine.rest_url}/v2",
                f"--checks={CHECKS}",
                "--phases=coverage,fuzzing",
                "--max-examples=5",
                "--exclude-operation-id=activateJobs",  # waits for jobs
                "--exclude-operation-id=pinClock",  # turns the clock under everything else
                "--exclude-path-regex=^/cluster/",  # at another root, and the same handlers as below this one
                "--exclude-operation-id=changeClusterMode",  # has everything else refused
                "--no-color",
            ],
            check=False,
            cwd=tmp_path,
            timeout=SECONDS_MAX,
            capture_output=True,
            text=True,
        )

    failures = done.stdout.partition("= WARNINGS =")[0]
    assert done.returncode == 0, failures[-6_000:] + done.stdout[-1_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout
