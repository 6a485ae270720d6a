"""Generated requests to every operation but the searches: see `schemathesis_run`."""

from __future__ import annotations

from pathlib import Path

from tests.integration.schemathesis_run import keeps_what_its_document_promises


def test_the_server_keeps_what_its_document_promises(tmp_path: Path) -> None:
    keeps_what_its_document_promises(
        tmp_path, "--exclude-path-regex=/search$", "--phases=coverage,fuzzing", "--max-examples=3"
    )
