"""Switches of the runtime.

Each default is the sound behaviour; where somebody may rely on what the original does, a switch gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OUTPUT_SIZE_MAX_BYTES = 1_572_864
"""Variables that one job may complete with: with the rest of the record they fit a message of the engine (4 MB) for sure."""

MESSAGE_LENGTH_MAX = 6_000
"""Characters of an error message; the rest is cut."""


@dataclass(frozen=True)
class Settings:
    """How the runtime behaves where opinions differ.

    Attributes:
        bare_secrets: Replace `secrets.NAME` without braces too, as older templates write it.
        secret_filter: `strict`: only secrets that an input of the element names literally, where the process can be read;
            `off`: any text of the job's variables can ask for one, as in the original.
        raw_response_in_error_expression: On a success, error expressions see the fields of the raw response beside the
            mapped variables.
        keep_failure: When an error expression fails, the job keeps its own failure and retries, with the expression's error
            added; otherwise the failure is lost and no retries are left, as in the original.
        parse_first: Refuse result and error expressions that cannot be parsed before the connector runs; otherwise it runs,
            and again on each retry.
        mask_everywhere: Mask secrets in error variables and in what error expressions make, not only in messages.
        call_seconds_max: How long a connector may work on one job, whose time is extended meanwhile: then it is ended and
            the job fails; None for ever.
    """

    bare_secrets: bool = True
    secret_filter: Literal["strict", "off"] = "strict"  # noqa: S105 - a word, no password
    raw_response_in_error_expression: bool = True
    keep_failure: bool = True
    parse_first: bool = True
    mask_everywhere: bool = True
    call_seconds_max: float | None = 3_600.0


ORIGINAL = Settings(
    secret_filter="off",  # noqa: S106 - a word, no password
    raw_response_in_error_expression=False,
    keep_failure=False,
    parse_first=False,
    mask_everywhere=False,
    call_seconds_max=None,
)
"""As Camunda's runtime 8.8 behaves."""
