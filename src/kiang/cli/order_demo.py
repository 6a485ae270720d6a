"""What `kiang demo` does: the order process of the examples, against a real engine with real workers."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from kiang import AsyncClient, Header, JobError, Worker
from kiang.cli.engine_child import EngineChild
from kiang.cli.failure import CommandError
from kiang.client import FoundIncident, FoundJob, FoundProcessInstance
from kiang.client.job import Job
from kiang.client.retry import RetryPolicy
from kiang.worker import Completed, Failed, Outcome, SilentObserver

JOB_TYPES = ("process-payment", "fetch-items", "ship-parcel")
SLOW_ORDER = 1
"""Its payment fails twice, each time with a rest, and then succeeds."""
STUCK_ORDER = 2
"""Its payment fails until no retries are left: an incident, which is resolved when the card has been replaced."""
PAYMENT_RETRIES = 3
RETRY_BACKOFF = timedelta(milliseconds=500)
STARTS_AT_ONCE = 16
LOOK_EVERY_S = 0.1
TIME_LIMIT_S = 300.0
CUSTOMERS = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Frances")
GOODS = {"notebook": 4.5, "fountain pen": 39.0, "ink": 8.9, "desk lamp": 64.0, "paper, 500 sheets": 6.2, "ruler": 2.4}


@dataclass
class Tally(SilentObserver):
    """What the workers have told."""

    completed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    waited_in_vain: list[str] = field(default_factory=list)

    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:  # noqa: ARG002 - the observer's signature
        """See `WorkerObserver`."""
        if isinstance(outcome, Completed):
            self.completed[job.type] += 1
        elif isinstance(outcome, Failed):
            self.failed[job.type] += 1

    def job_lost(self, job: Job, reason: str) -> None:
        """See `WorkerObserver`."""
        self.waited_in_vain.append(f"job {job.key} of {job.type}: {reason}")


def run_demo(data: Path | None, count: int) -> None:
    """Run it.

    Raises:
        CommandError: Something is not as it should be.
    """
    if data is not None and data.exists() and any(data.iterdir()):
        raise CommandError(
            f"Expected {data} to be empty, but it is not.", hint="Name a new folder, or none for a temporary one."
        )
    folder = data or Path(tempfile.mkdtemp(prefix="kiang-demo-"))
    asyncio.run(_run(folder, count, Console(highlight=False)))


async def _run(folder: Path, count: int, out: Console) -> None:
    tally = Tally()
    began = time.perf_counter()
    try:
        async with asyncio.timeout(TIME_LIMIT_S), AsyncExitStack() as stack:
            engine = await stack.enter_async_context(EngineChild(folder))
            started_s = time.perf_counter() - began
            client = await stack.enter_async_context(
                AsyncClient(engine.grpc_address, rest_address=engine.rest_address, wire="grpc", retries=RetryPolicy())
            )
            out.print(f"Engine started in {started_s:.2f} s: gRPC {engine.grpc_address}, REST {engine.rest_address}")
            deployment = await client.deploy(order_file())
            process = deployment.processes[0]
            out.print(
                f"Deployed [bold]{process.resource_name}[/bold]: process {process.process_definition_id}, version {process.version}"
            )
            card_replaced = asyncio.Event()
            for worker in _workers(client, tally, card_replaced):
                await stack.enter_async_context(worker)
            out.print(f"Started three workers: {', '.join(JOB_TYPES)}\n")
            work_began = time.perf_counter()
            await _orders(client, tally, card_replaced, count, out)
            work_s = time.perf_counter() - work_began
            facts = await _facts(client)
    except TimeoutError:
        raise CommandError(f"Expected all orders to complete within {TIME_LIMIT_S:g} s, but they have not.") from None
    _print_summary(out, facts, tally, folder, count, work_s, time.perf_counter() - began)
    _check(facts, tally, count, engine.exit_status)


def order_file() -> Path:
    """`order.bpmn`: beside this file in an installed package, among the examples in a checkout."""
    here = Path(__file__).resolve()
    for candidate in (here.parent / "order.bpmn", here.parents[3] / "examples" / "order" / "order.bpmn"):
        if candidate.is_file():
            return candidate
    raise CommandError("Expected order.bpmn in the package or in examples/order, but it is not there.")


def _workers(client: AsyncClient, tally: Tally, card_replaced: asyncio.Event) -> list[Worker]:
    payment, items, parcel = (Worker(client, name=f"demo-{job_type}", observer=tally) for job_type in JOB_TYPES)

    @payment.job("process-payment")
    async def process_payment(
        job: Job, order: int, amount: float, currency: Annotated[str, Header("currency")]
    ) -> dict[str, Any]:
        await asyncio.sleep(0.02)  # the bank thinks
        if order == SLOW_ORDER and job.retries > PAYMENT_RETRIES - 2:
            raise JobError("The bank does not answer.", retry_backoff=RETRY_BACKOFF)
        if order == STUCK_ORDER and not card_replaced.is_set():
            raise JobError(f"The card for {amount:.2f} {currency} has expired.")
        return {"payment_id": f"P-{order:04}", "paid": amount}

    @items.job("fetch-items")
    async def fetch_items(items: list[str], warehouse: Annotated[str, Header("warehouse")]) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"shelf": f"{warehouse}-{len(items)}"}

    @parcel.job("ship-parcel")
    def ship_parcel(order: int, carrier: Annotated[str, Header("carrier")]) -> dict[str, str]:
        time.sleep(0.005)  # a blocking library
        return {"tracking": f"{carrier}-{order:06}"}

    return [payment, items, parcel]


async def _orders(client: AsyncClient, tally: Tally, card_replaced: asyncio.Event, count: int, out: Console) -> None:
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        bars: dict[str, TaskID] = {
            name: progress.add_task(name, total=count) for name in ("orders placed", *JOB_TYPES, "orders completed")
        }
        placing = asyncio.create_task(_place(client, count, lambda: progress.advance(bars["orders placed"])))
        resolved = False
        try:
            completed = 0
            while completed < count:
                await asyncio.sleep(LOOK_EVERY_S)
                if placing.done():
                    placing.result()
                for job_type in JOB_TYPES:
                    progress.update(bars[job_type], completed=tally.completed[job_type])
                completed = (await client.search(FoundProcessInstance, {"state": "COMPLETED"}, limit=1)).total_items
                progress.update(bars["orders completed"], completed=completed)
                if not resolved:
                    resolved = await _resolve(client, card_replaced, progress.console)
            await placing
        finally:
            placing.cancel()


async def _place(client: AsyncClient, count: int, placed: Any) -> None:
    chance = random.Random(7)  # noqa: S311 - the same orders each time
    turn = asyncio.Semaphore(STARTS_AT_ONCE)

    async def place(number: int) -> None:
        basket = chance.sample(sorted(GOODS), chance.randint(1, 4))
        variables = {
            "order": number,
            "customer": {"name": chance.choice(CUSTOMERS), "city": chance.choice(("Wuhan", "Nairobi", "Lima", "Oslo"))},
            "items": basket,
            "amount": round(sum(GOODS[each] for each in basket), 2),
        }
        async with turn:
            await client.create_process_instance("order", variables)
        placed()

    await asyncio.gather(*(place(number) for number in range(1, count + 1)))


async def _resolve(client: AsyncClient, card_replaced: asyncio.Event, out: Console) -> bool:
    page = await client.search(FoundIncident, {"state": "ACTIVE"}, limit=1)
    if not page.items:
        return False
    incident = page.items[0]
    assert incident.job_key is not None
    out.print(
        f"[red]Incident[/red] {incident.incident_key} at {incident.element_id}: {incident.error_type}, “{incident.error_message}”"
    )
    card_replaced.set()
    await client.update_job_retries(incident.job_key, 1)
    await client.resolve_incident(incident.incident_key)
    out.print("[green]Resolved[/green] it: the card has been replaced, the job got one more retry.")
    return True


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine says in the end."""

    instances: dict[str, int]
    jobs: dict[str, int]
    incidents: dict[str, int]


async def _facts(client: AsyncClient) -> Facts:
    async def count(kind: type[Any], wanted: dict[str, str]) -> int:
        return (await client.search(kind, wanted, limit=1)).total_items

    return Facts(
        instances={
            state: await count(FoundProcessInstance, {"state": state})
            for state in ("ACTIVE", "COMPLETED", "TERMINATED")
        },
        jobs={job_type: await count(FoundJob, {"type": job_type, "state": "COMPLETED"}) for job_type in JOB_TYPES},
        incidents={state: await count(FoundIncident, {"state": state}) for state in ("ACTIVE", "RESOLVED")},
    )


def _print_summary(
    out: Console, facts: Facts, tally: Tally, folder: Path, count: int, work_s: float, all_s: float
) -> None:
    table = Table(title="\nOrders", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_row(
        "instances", f"{facts.instances['COMPLETED']} of {count} completed, {facts.instances['ACTIVE']} still active"
    )
    table.add_row("jobs", "\n".join(f"{number} {job_type}" for job_type, number in facts.jobs.items()))
    table.add_row(
        "retries",
        f"{sum(tally.failed.values())} failed payments: of order {SLOW_ORDER} two, each followed by a rest; "
        f"of order {STUCK_ORDER} {PAYMENT_RETRIES}, until no retry was left",
    )
    table.add_row("incidents", f"{facts.incidents['RESOLVED']} resolved, {facts.incidents['ACTIVE']} open")
    table.add_row("time", f"{work_s:.1f} s for the orders, {all_s:.1f} s in all")
    table.add_row("data", str(folder))
    out.print(table)
    out.print("\nLook further: start the engine on the same data, and ask it from another terminal.\n")
    kiang = _command()
    for arguments in (
        f"serve --data {folder}",
        "instances --process order",
        "jobs --type process-payment --limit 5",
        "incidents --all",
        "worker examples.order.worker:worker",
        "start order --var amount=30 --var order_id=A-1 --wait",
    ):
        out.print(f"    {kiang} {arguments}", style="bold", soft_wrap=True)
    out.print()


def _command() -> str:
    """How to call `kiang` from here: in a virtual environment that is not active it needs its path."""
    called = Path(sys.argv[0])
    if called.name != "kiang":
        return "kiang"
    found = shutil.which("kiang")
    if found is not None and Path(found).resolve() == called.resolve():
        return "kiang"
    return str(called.relative_to(Path.cwd()) if called.is_absolute() and called.is_relative_to(Path.cwd()) else called)


def _check(facts: Facts, tally: Tally, count: int, exit_status: int | None) -> None:
    expected_failures = 2 + PAYMENT_RETRIES
    faults = []
    if facts.instances != {"ACTIVE": 0, "COMPLETED": count, "TERMINATED": 0}:
        faults.append(f"instances are {facts.instances}")
    if any(number != count for number in facts.jobs.values()):
        faults.append(f"completed jobs are {facts.jobs}")
    if facts.incidents != {"ACTIVE": 0, "RESOLVED": 1}:
        faults.append(f"incidents are {facts.incidents}")
    if tally.failed != {"process-payment": expected_failures}:
        faults.append(f"failed jobs are {dict(tally.failed)}")
    faults.extend(tally.waited_in_vain)
    if exit_status != 0:
        faults.append(f"the engine ended with exit status {exit_status}")
    if faults:
        raise CommandError(f"Expected {count} completed orders and one resolved incident, but {'; '.join(faults)}.")
