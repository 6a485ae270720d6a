"""`kiang worker`."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Address, RestAddress

if TYPE_CHECKING:
    from kiang.worker import Worker

LogLevel = Annotated[str, typer.Option("--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.")]


def worker(
    objects: Annotated[
        list[str],
        typer.Argument(
            metavar="MODULE:OBJECT...", help="Where the workers are: a module and the name of a Worker in it."
        ),
    ],
    address: Address = None,
    rest_address: RestAddress = None,
    log_level: LogLevel = "INFO",
) -> None:
    """Run job workers until Ctrl-C or SIGTERM; then they finish what they hold, or hand it back.

    The module is looked for from the current folder on. OBJECT may be left out if it is called `worker`.

    Example: kiang worker examples.order.worker:worker
    """
    from kiang.cli import logs  # noqa: PLC0415 - `--help` does without
    from kiang.worker.worker import run_workers  # noqa: PLC0415 - as above

    logs.configure(log_level)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a text is what belongs into the path
    found = [_load(each) for each in objects]
    if address is not None or rest_address is not None:
        from kiang.client import AsyncClient  # noqa: PLC0415 - as above

        for each in found:
            each.client = AsyncClient(address, rest_address=rest_address)
    run_workers(*found)


def _load(name: str) -> Worker:
    from kiang.worker import Worker  # noqa: PLC0415 - as above

    module_name, _, object_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if not module_name.startswith(missing):
            raise CommandError(
                f"Expected to import {module_name}, but it needs {missing}, which is not installed."
            ) from error
        raise CommandError(
            f"Expected a module {module_name}, but there is none.",
            hint="Run the command in the folder that your package lies in, for example: kiang worker shop.worker:worker",
            status=ExitStatus.USAGE,
        ) from error
    found: Any = module
    for part in (object_name or "worker").split("."):
        found = getattr(found, part, None)
    if inspect.isfunction(found) and not inspect.signature(found).parameters:
        found = found()  # a function that makes the worker
    if not isinstance(found, Worker):
        workers = [each for each, value in vars(module).items() if isinstance(value, Worker)]
        raise CommandError(
            f"Expected {module_name}:{object_name or 'worker'} to be a Worker, but it is {type(found).__name__}.",
            hint=f"Workers in this module: {', '.join(workers)}."
            if workers
            else "Make one: worker = Worker(AsyncClient())",
            status=ExitStatus.USAGE,
        )
    return found
