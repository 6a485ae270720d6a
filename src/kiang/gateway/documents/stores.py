"""The document stores of a server, by id."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from kiang.errors import ConfigError
from kiang.gateway.documents.document import DocumentStore, DocumentStoreFailed
from kiang.gateway.documents.folder import FolderDocuments
from kiang.gateway.documents.memory import MemoryDocuments
from kiang.gateway.documents.s3 import S3Documents, parse_target

logger = logging.getLogger("kiang.gateway.documents")

T = TypeVar("T")

TARGETS = "s3://BUCKET/PREFIX, folder:PATH or memory:, with ID= before it for another id than aws, local or in-memory"
THREADS_MAX = 16
"""Documents on their way at the same time: more than a disk needs, and enough for a bucket that is 50 ms away."""

_ID = re.compile(r"([A-Za-z0-9_-]{1,64})=(.*)", re.DOTALL)
_GONE = frozenset({"404", "NoSuchBucket"})


class DocumentStores:
    """Document stores by id.

    Args:
        stores: The first takes what is for no store in particular.

    Raises:
        ConfigError: Two have the same id.
    """

    def __init__(self, stores: Iterable[DocumentStore]) -> None:
        self._stores: dict[str, DocumentStore] = {}
        for store in stores:
            if store.id in self._stores:
                raise ConfigError("--documents", store.id, "several stores with an id each: ID=TARGET")
            self._stores[store.id] = store
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="documents")

    @property
    def ids(self) -> list[str]:
        """Of all stores; the first is that of the default store."""
        return list(self._stores)

    def find(self, store_id: str | None) -> DocumentStore | None:
        """A store; without id the default one; None if there is none."""
        return next(iter(self._stores.values())) if store_id is None else self._stores.get(store_id)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Call a method of a store, which may block, in a thread that nothing else needs."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        except DocumentStoreFailed as error:
            logger.warning("document store failed store=%s code=%s", error.store_id, error.code)
            raise

    def close(self) -> None:
        """Wait for nothing and take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def open_stores(targets: Iterable[str], folder: Path | None) -> DocumentStores:
    """The stores of a server.

    The built-in one (a folder of the data, or the memory) comes last and stays, so that what is in it is found when another store is
    added later, unless a target has taken its id.

    Args:
        targets: See `TARGETS`.
        folder: Of the built-in store; None for in memory.

    Raises:
        ConfigError: A target is none, its bucket is not there, or boto3 is missing.
    """
    stores = [_open(target) for target in targets]
    built_in: DocumentStore = MemoryDocuments() if folder is None else FolderDocuments(folder)
    if all(store.id != built_in.id for store in stores):
        stores.append(built_in)
    return DocumentStores(stores)


def _open(target: str) -> DocumentStore:
    named = _ID.fullmatch(target)
    id_, where = (named[1], named[2]) if named else ("", target)
    if where.startswith("s3://"):
        return _open_bucket(id_ or "aws", where)
    if where.startswith("folder:") and where != "folder:":
        return FolderDocuments(Path(where.removeprefix("folder:")), id_ or "local")
    if where == "memory:":
        return MemoryDocuments(id_ or "in-memory")
    raise ConfigError("--documents", target, TARGETS)


def _open_bucket(id_: str, where: str) -> DocumentStore:
    store = S3Documents(parse_target(where), id_)
    try:
        store.check()
    except DocumentStoreFailed as error:
        if error.code in _GONE:
            raise ConfigError("--documents", where, "a bucket that is there") from None
        # It may come back, and whoever may not ask for the bucket may still be allowed to use it.
        logger.warning(
            "document store does not answer store=%s bucket=%s code=%s", id_, store.target.bucket, error.code
        )
    return store
