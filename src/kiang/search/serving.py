"""The process that searches: reads requests from its standard input, a socket, and answers them there.

The engine's interpreter is busy with the engine, and one lock decides who runs in it: a search in a thread beside it would make
every instance wait. Here a search takes nothing but a core, and gives way to the engine where cores are scarce.

The process ends when its input ends: it does not outlive the engine.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from kiang.errors import DeadlineExceeded, InvalidArgument, StoreError
from kiang.search.catalogue import by_name
from kiang.search.limits import READERS_MAX
from kiang.search.messages import BROKEN, DONE, LENGTH, REFUSED, TIMED_OUT, UNREADABLE, Reply, Request
from kiang.search.query import parse_query
from kiang.search.reader import Reader
from kiang.search.search import answer, found_page, show
from kiang.search.statement import Clause, Run, find, get
from kiang.store.sqlite_rows import SqliteRows

NICENESS = 10
"""How far searches stand back: beside an engine that wants the same core they get a tenth of it."""

_encode_json = msgspec.json.Encoder().encode
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Request).decode


class Service:
    """Answers the requests of one engine, some at once."""

    def __init__(self, channel: socket.socket, reader: Reader) -> None:
        self._channel, self._reader = channel, reader
        self._threads = ThreadPoolExecutor(READERS_MAX, thread_name_prefix="search")
        self._write_lock = threading.Lock()

    def run(self) -> None:
        """Until the engine has gone."""
        while (message := _receive(self._channel)) is not None:
            self._threads.submit(self._serve, _decode(message))

    def _serve(self, request: Request) -> None:
        outcome, content = DONE, b""
        try:
            content = self._reader.read_now(lambda run: self._content(request, run))
        except DeadlineExceeded as error:
            outcome, content = TIMED_OUT, str(error).encode()
        except InvalidArgument as error:
            outcome, content = REFUSED, str(error).encode()
        except StoreError as error:
            outcome, content = UNREADABLE, str(error).encode()
        except Exception as error:  # noqa: BLE001 - the engine logs it and answers its client
            # without its message, in which there may be values of variables
            where = "".join(traceback.format_tb(error.__traceback__))
            outcome, content = BROKEN, f"{where}{type(error).__name__}".encode()
        reply = _encode(Reply(request.number, outcome, content))
        with self._write_lock:
            self._channel.sendall(LENGTH.pack(len(reply)) + reply)

    @staticmethod
    def _content(request: Request, run: Run) -> bytes:
        resource = by_name()[request.resource]
        if request.key is not None:
            row = get(resource, request.key, run)
            return _encode_json(None if row is None else show(resource, [row])[0])
        query = parse_query(resource, request.query)
        also = [Clause(sql, parameters) for sql, parameters in request.also]
        return _encode_json(answer(found_page(resource, find(resource, query, also, run))))


def _receive(channel: socket.socket) -> bytes | None:
    head = _exactly(channel, LENGTH.size)
    return None if head is None else _exactly(channel, LENGTH.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = channel.recv(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def main() -> None:
    """Serve one engine; the arguments are the path of its store, and the URI of the database of batch operations."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the engine decides when to stop: it closes the socket
    os.nice(NICENESS)
    channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    by_name()
    path, batches = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    Service(channel, Reader(SqliteRows(Path(path)), batches=batches)).run()
    os._exit(0)  # a long search need not come to its end, nor the index: nobody waits for them


if __name__ == "__main__":
    main()
