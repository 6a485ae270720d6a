"""Requests made from the OpenAPI document that a server serves, against this server: right ones, almost right ones, wrong ones.

No request may be answered with an error of the server, or with anything that the document does not announce.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.running_engine import running_engine

SECONDS_MAX = 230
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LEFT_OUT = (
    "activateJobs",  # waits for jobs
    "pinClock",  # turns the clock under everything else
    "changeClusterMode",  # has everything else refused
)


def keeps_what_its_document_promises(tmp_path: Path, *selection: str) -> None:
    """Try the operations that options of schemathesis select; fails with what it has found."""
    backups = f"--backups={tmp_path / 'backups'}"
    with running_engine(tmp_path / "data", "--controlled-clock", backups) as engine:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                f"{engine.rest_url}/v2/openapi.json",
                f"--url={engine.rest_url}/v2",
                f"--checks={CHECKS}",
                *(f"--exclude-operation-id={name}" for name in LEFT_OUT),
                *selection,
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
