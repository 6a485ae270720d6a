"""Lines that a strict type checker has to accept, and lines (with an ignore that has to be needed) that it has to refuse.

Not run, only checked: see test_types.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypedDict, assert_type

import msgspec
import pydantic

from kiang import AsyncClient, Client, Header, Job, JobError, Variables, Worker
from kiang.client import DecisionResult, FoundJob, Page, ProcessInstance, ProcessInstanceResult, Topology


@dataclass
class Order:
    order_id: str


class Parcel(msgspec.Struct):
    count: int


class Customer(pydantic.BaseModel):
    name: str


class Totals(TypedDict):
    total: int


worker = Worker(AsyncClient())


# ---- handlers that are right


@worker.job("a")
async def returns_mapping(amount: int) -> dict[str, int]:
    return {"amount": amount}


@worker.job("b")
def returns_nothing(job: Job) -> None:
    raise JobError("no", retries=1, retry_backoff=timedelta(seconds=1))


@worker.job("c", timeout=timedelta(minutes=1), max_jobs=3, extend_timeout=True)
async def returns_dataclass(order: Variables[Order]) -> Order | None:
    assert_type(order.order_id, str)
    return order


@worker.job("d")
def returns_struct(parcel: Parcel) -> Parcel:
    return parcel


@worker.job("e")
async def returns_pydantic(customer: Customer, currency: Annotated[str, Header("currency")]) -> Customer:
    assert_type(currency, str)
    return customer


@worker.job("f")
async def returns_typed_dict(**rest: Any) -> Totals:
    return {"total": 1}


@worker.job("g", result_variable="total")
async def returns_number(amount: int) -> int:
    return amount


# A decorated handler keeps its own type.
assert_type(returns_struct(Parcel(1)), Parcel)


# ---- handlers that are wrong


@worker.job("h")  # type: ignore[type-var]
async def returns_number_without_a_name(amount: int) -> int:
    return amount


@worker.job("i")  # type: ignore[type-var]
def returns_list() -> list[int]:
    return []


@worker.job("j", max_job=3)  # type: ignore[call-overload, untyped-decorator, unused-ignore]
async def misspelt_option() -> None: ...


@worker.job("k", timeout=5)  # type: ignore[call-overload, untyped-decorator, unused-ignore]
async def number_as_duration() -> None: ...


# ---- the client, both faces


async def asynchronous(client: AsyncClient, variables: Mapping[str, Any]) -> None:
    assert_type(await client.create_process_instance("order", variables), ProcessInstance)
    assert_type(await client.create_process_instance_with_result("order", Order("A")), ProcessInstanceResult)
    assert_type(await client.evaluate_decision("discount", {"a": 1}), DecisionResult)
    assert_type(await client.search(FoundJob, {"type": "a"}), Page[FoundJob])
    async for job in client.stream_jobs("a"):
        assert_type(job, Job)
    await client.create_process_instance(variables=1, process_definition_id=2)  # type: ignore[arg-type]
    await client.publish_message("paid", "A-1", time_to_live=5)  # type: ignore[arg-type]
    await client.fail_job(1)  # type: ignore[call-arg]


def blocking(client: Client) -> None:
    assert_type(client.topology(), Topology)
    assert_type(client.create_process_instance("order", {"a": 1}, version=2), ProcessInstance)
    assert_type(client.activate_jobs("a"), list[Job])
    assert_type(client.search(FoundJob), Page[FoundJob])
    for job in client.stream_jobs("a"):
        assert_type(job, Job)
    client.create_process_instance("order", version="latest")  # type: ignore[arg-type]
    client.fail_job(1)  # type: ignore[call-arg]
