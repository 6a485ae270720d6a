"""Three job workers for order.bpmn. Run them with `kiang worker examples.order.worker:worker`."""

from __future__ import annotations

from typing import Annotated

from kiang import AsyncClient, BpmnError, Header, Worker

worker = Worker(AsyncClient())  # localhost:26500, or what ZEEBE_ADDRESS says


@worker.job("process-payment")
async def process_payment(
    amount: float, currency: Annotated[str, Header("currency")], order_id: str = ""
) -> dict[str, str]:
    """`amount` and `order_id` are variables of the process; `currency` is a header of the task in the model."""
    if amount > 10_000:
        raise BpmnError("LIMIT_EXCEEDED", f"No card takes {amount} {currency}.")
    return {"payment": f"{amount:.2f} {currency} paid", "receipt": f"R-{order_id or 'unnamed'}"}


@worker.job("fetch-items")
async def fetch_items(items: list[str] | None = None) -> dict[str, int]:
    return {"item_count": len(items or ["standard item"])}


@worker.job("ship-parcel")
def ship_parcel(item_count: int, carrier: Annotated[str, Header("carrier")]) -> dict[str, str]:
    """A plain `def` runs in a thread, so it may block."""
    return {"parcel": f"{item_count} items with {carrier}"}


if __name__ == "__main__":
    worker.run()
