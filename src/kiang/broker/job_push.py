"""Open job streams, and which of them gets the next jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from kiang.broker.job_stream import JobStream
from kiang.protocol.commands import ActivateJobs

Sight = tuple[tuple[str, ...], frozenset[str] | None]
"""Tenants and processes whose jobs somebody may see."""


class OpenStream:
    """One stream as the broker sees it.

    Attributes:
        promised: Jobs that were activated for it and wait for their commit.
        is_open: It was not removed.
    """

    __slots__ = ("is_open", "promised", "stream")

    def __init__(self, stream: JobStream) -> None:
        self.stream = stream
        self.promised = 0
        self.is_open = True

    def room(self) -> int:
        """How many jobs may still be activated for it."""
        return self.stream.capacity() - self.promised

    def command(self, max_jobs: int) -> ActivateJobs:
        """Take jobs for it from the queue."""
        stream = self.stream
        return ActivateJobs(
            stream.job_type,
            stream.worker,
            stream.timeout_ms,
            max_jobs,
            stream.fetch_variables,
            stream.tenant_ids,
            process_ids=stream.process_ids,
        )

    @property
    def sight(self) -> Sight:
        """Which jobs it may see: another one that sees the same finds the same."""
        return (self.stream.tenant_ids, self.stream.process_ids)


class StreamGroup:
    """The streams of one job type, taking turns.

    Attributes:
        has_backlog: There may be activatable jobs that no stream had room for.
    """

    __slots__ = ("has_backlog", "streams")

    def __init__(self) -> None:
        self.streams: deque[OpenStream] = deque()
        self.has_backlog = True

    def with_room(self) -> list[tuple[OpenStream, int]]:
        """Streams that can take jobs, with how many; the one whose turn it is comes first."""
        self.streams.rotate(-1)
        return [(stream, room) for stream in self.streams if (room := stream.room()) > 0]


class JobPush:
    """Open streams by job type."""

    def __init__(self) -> None:
        self.groups: dict[str, StreamGroup] = {}
        self._open: dict[int, OpenStream] = {}

    def add(self, stream: JobStream) -> None:
        """A stream was opened."""
        opened = self._open[id(stream)] = OpenStream(stream)
        group = self.groups.get(stream.job_type)
        if group is None:
            group = self.groups[stream.job_type] = StreamGroup()
        group.streams.append(opened)
        group.has_backlog = True

    def remove(self, stream: JobStream) -> None:
        """A stream was closed; may be called twice."""
        opened = self._open.pop(id(stream), None)
        if opened is None:
            return
        opened.is_open = False
        group = self.groups[stream.job_type]
        group.streams.remove(opened)
        if not group.streams:
            del self.groups[stream.job_type]

    def types(self) -> Iterator[str]:
        """Types that have a stream."""
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self._open)
