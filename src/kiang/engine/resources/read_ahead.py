"""BPMN files that were read before the turn of their deployment: reading a large one takes longer than everybody else should wait.

Reading depends on nothing but the file, so it may happen on another thread; what was read is kept and handed out on the engine's. It is
handed out once: a model belongs to one deployment.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from kiang.bpmn.model import Process
from kiang.bpmn.reader import read
from kiang.errors import InvalidBpmnError

LARGE_BYTES_MIN = 65_536
"""A file of this size takes some 30 ms to read."""

FILES_MAX = 16
"""Files that are kept for deployments to come; of more the oldest is forgotten, and read again when its turn comes."""

SUFFIXES = frozenset({".bpmn", ".xml"})

Found = dict[tuple[str, bytes], list[Process] | InvalidBpmnError]
"""What files hold, or why they cannot be executed."""

_read: Found = {}


def is_large(resources: Sequence[tuple[str, bytes]]) -> bool:
    """Whether a deployment has a file that should be read ahead."""
    return any(map(_is_large, resources))


def read_ahead(resources: Sequence[tuple[str, bytes]], now: int) -> Found:
    """Read the large files of a deployment; on any thread."""
    all_found: Found = {}
    for name, content in filter(_is_large, resources):
        found: list[Process] | InvalidBpmnError
        try:
            found = read(name, content, now_ms=now)
        except InvalidBpmnError as error:
            found = error
        all_found[name, content] = found
    return all_found


def keep(found: Found) -> None:
    """Keep what was read until its deployment asks for it; its faults, too, which the deployment names."""
    for resource, content in found.items():
        while len(_read) >= FILES_MAX:
            del _read[next(iter(_read))]
        _read[resource] = content


def forget(resources: Sequence[tuple[str, bytes]]) -> None:
    """A deployment needs what was read for it no longer, whether it came to its turn or not."""
    for resource in resources:
        _read.pop(resource, None)


def read_once(name: str, content: bytes, now: int) -> list[Process]:
    """What a file holds, read ahead or now.

    Raises:
        InvalidBpmnError: It cannot be executed.
    """
    found = _read.pop((name, content), None)
    if found is None:
        return read(name, content, now_ms=now)
    if isinstance(found, InvalidBpmnError):
        raise found
    return found


def _is_large(resource: tuple[str, bytes]) -> bool:
    name, content = resource
    return len(content) >= LARGE_BYTES_MIN and PurePosixPath(name).suffix in SUFFIXES
