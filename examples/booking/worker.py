"""Typed handlers: a pydantic model of all variables, a dataclass as one of them, a BPMN error, a middleware.

Run them with `kiang worker examples.booking.worker:worker`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import pydantic

from kiang import AsyncClient, BpmnError, Header, Job, Variables, Worker
from kiang.worker import CallNext, Outcome

logger = logging.getLogger("booking")


@dataclass
class Guest:
    """The variable `guest` of the process."""

    name: str
    email: str


class Booking(pydantic.BaseModel):
    """All variables that the reservation needs; these alone are fetched."""

    room: int = pydantic.Field(ge=1)
    arrival: date
    nights: int = pydantic.Field(ge=1, le=30)


class Reservation(pydantic.BaseModel):
    """What the reservation adds to the variables."""

    reservation_id: str
    departure: date


TAKEN = {13}
FREE = [12, 14]


async def timed(job: Job, call_next: CallNext) -> Outcome:
    """Stands around every handler: the place for spans and metrics of your own."""
    began = time.perf_counter()
    outcome = await call_next(job)
    logger.info(
        "handled job_key=%d outcome=%s seconds=%.3f", job.key, type(outcome).__name__, time.perf_counter() - began
    )
    return outcome


worker = Worker(AsyncClient(), middleware=[timed])


@worker.job("reserve-room")
async def reserve_room(booking: Variables[Booking]) -> Reservation:
    """A room that is taken is no failure of this worker: the process decides what follows."""
    if booking.room in TAKEN:
        raise BpmnError("ROOM_TAKEN", f"Room {booking.room} is taken.", variables={"free": FREE})
    departure = date.fromordinal(booking.arrival.toordinal() + booking.nights)
    return Reservation(reservation_id=f"{booking.room}-{booking.arrival:%Y%m%d}", departure=departure)


@worker.job("notify-guest")
def notify_guest(
    guest: Guest, template: Annotated[str, Header("template")], alternatives: list[int] | None = None
) -> dict[str, str]:
    """A plain `def` runs in a thread, as libraries that send mails like it. A missing variable is None or its default."""
    text = {"confirmation": "Your room is booked.", "alternatives": f"These rooms are free: {alternatives}."}[template]
    return {"mail": f"To {guest.email}: Dear {guest.name}, {text}"}
