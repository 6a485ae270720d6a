"""Generated requests to the searches: see `schemathesis_run`.

Their filters have so many fields and operators that trying each of them takes longer than everything else together; what
each field does is the subject of `tests/unit/search/test_specification.py`, and what hostile texts do of `test_rest_injection.py`.
"""

from __future__ import annotations

from pathlib import Path

from tests.integration.schemathesis_run import keeps_what_its_document_promises


def test_searches_keep_what_their_document_promises(tmp_path: Path) -> None:
    keeps_what_its_document_promises(tmp_path, "--include-path-regex=/search$", "--phases=fuzzing", "--max-examples=12")
