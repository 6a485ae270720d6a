"""The seam: searches over the store of a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from kiang.search.apart import ReaderProcess
from kiang.search.catalogue import name_of
from kiang.search.definition_files import DefinitionFiles
from kiang.search.field import SearchResource
from kiang.search.query import parse_query, print_cursor
from kiang.search.reader import ReadableStore, Reader
from kiang.search.statement import Clause, Found, Run, find, get
from kiang.store.port import Store

T = TypeVar("T")
Item = dict[str, Any]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Page:
    """What a search has found.

    Attributes:
        items: In order, as they go into an answer.
        total: All matches, counted up to `TOTAL_ITEMS_MAX`.
        has_more: There are more than that.
        start_cursor: Of the first item; None for an empty page.
        end_cursor: Of the last item.
    """

    items: list[Item]
    total: int
    has_more: bool
    start_cursor: str | None
    end_cursor: str | None


class Search:
    """Searches what a store holds. What a command has answered is in the next search."""

    def __init__(self, store: Store, *, reads_apart: bool = False, batches: str | None = None) -> None:
        """Connections are opened when they are needed; a process is started at once, and nobody waits for it.

        Args:
            store: What is searched.
            reads_apart: Search in a process of its own, if the store is one that other processes can read; else in threads.
            batches: URI of the database in which batch operations keep their items; None if there are none.
        """
        self._process = ReaderProcess(store.path, batches) if reads_apart and isinstance(store, ReadableStore) else None
        self._reader = Reader(store, keeps_index=self._process is None, batches=batches)

    async def find(self, resource: SearchResource, request: Any, also: Iterable[Clause] = ()) -> Page:
        """Carry out a search request.

        Args:
            resource: What is searched.
            request: `{filter, sort, page}` as decoded JSON, or None.
            also: Conditions that hold besides the filter.

        Raises:
            InvalidArgument: The request has faults; all are told.
            DeadlineExceeded: The search took too long.
            ResourceExhausted: Too many searches wait.
        """
        content = await self._find(resource, request, also)
        return content if isinstance(content, Page) else _page_of(content)

    async def find_json(self, resource: SearchResource, request: Any, also: Iterable[Clause] = ()) -> msgspec.Raw:
        """As `find`: the answer as it goes to a client."""
        content = await self._find(resource, request, also)
        return msgspec.Raw(_encode(answer(content)) if isinstance(content, Page) else content)

    async def get(self, resource: SearchResource, key: int) -> Item | None:
        """The item with a key, None if there is none."""
        name = name_of(resource) if self._process is not None else None
        if self._process is not None and name is not None:
            item: Item | None = _decode(await self._process.get(name, key))
            return item

        def work(run: Run) -> Item | None:
            row = get(resource, key, run)
            return None if row is None else show(resource, [row])[0]

        return await self._reader.read(work)

    async def _find(self, resource: SearchResource, request: Any, also: Iterable[Clause]) -> Page | bytes:
        query = parse_query(resource, request)  # before anything else: a fault in it is no matter of the store's
        extra = tuple(also)
        name = name_of(resource) if self._process is not None else None
        if self._process is not None and name is not None:
            return await self._process.find(name, request, extra)

        def work(run: Run) -> Page:
            return found_page(resource, find(resource, query, extra, run))

        return await self._reader.read(work)

    @property
    def files(self) -> DefinitionFiles:
        """What is in the files of definitions."""
        return self._reader.files

    async def read(self, work: Callable[[Run], T]) -> T:
        """Have `work` ask for whatever it needs; it sees one state of the store."""
        return await self._reader.read(work)

    def close(self) -> None:
        """Release process, threads and connections; may be called twice."""
        if self._process is not None:
            self._process.close()
        self._reader.close()


def answer(page: Page) -> dict[str, Any]:
    """A page as it goes to a client."""
    return {
        "items": page.items,
        "page": {
            "totalItems": page.total,
            "hasMoreTotalItems": page.has_more,
            "startCursor": page.start_cursor,
            "endCursor": page.end_cursor,
        },
    }


def _page_of(content: bytes) -> Page:
    """Undoes `answer`."""
    decoded = _decode(content)
    page = decoded["page"]
    return Page(decoded["items"], page["totalItems"], page["hasMoreTotalItems"], page["startCursor"], page["endCursor"])


def found_page(resource: SearchResource, found: Found) -> Page:
    """Rows that were found as a page."""
    return Page(
        show(resource, found.rows),
        found.total,
        found.has_more,
        None if found.first is None else print_cursor(found.first),
        None if found.last is None else print_cursor(found.last),
    )


def show(resource: SearchResource, rows: list[tuple[Any, ...]]) -> list[Item]:
    """Rows of shown columns as items."""
    fields = [(f.name, f.type.show, f.source.empty, f.nullable) for f in resource.shown]
    items: list[Item] = []
    for row in rows:
        item: Item = {}
        for (name, show_value, empty, nullable), value in zip(fields, row, strict=True):
            if value is None or (nullable and value == empty):
                item[name] = None
            else:
                item[name] = show_value(value)
        items.append(item)
    return items
