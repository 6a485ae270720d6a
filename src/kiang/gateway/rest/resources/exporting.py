"""Exporters: whether they work or rest."""

from __future__ import annotations

from kiang.exporter.position import Exporting
from kiang.gateway.rest.body import Answer
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.problem import Problem

EXPORTING = Resource("Exporting")

SOFT = Parameter("soft", {"type": "boolean", "description": "Of no meaning here: whoever rests keeps its position."})


class ExportingStatusResponse(Answer, frozen=True):
    """EXPORTING or PAUSED."""

    status: str


@EXPORTING.get("/exporting", "getExportingStatus", since="8.10", answer=ExportingStatusResponse)
async def get_exporting_status(call: Call) -> ExportingStatusResponse:
    """Whether the record log is being exported."""
    return status(call)


def status(call: Call) -> ExportingStatusResponse:
    """Whether the record log is being exported."""
    exporting = call.services.exporting
    return ExportingStatusResponse(status="PAUSED" if exporting is not None and exporting.is_paused else "EXPORTING")


@EXPORTING.post("/exporting/pause", "pauseExporting", since="8.10", parameters=(SOFT,))
async def pause_exporting(call: Call) -> None:
    """Have all exporters rest until they are resumed; the record log is kept for them."""
    _exporting(call).pause()


@EXPORTING.post("/exporting/resume", "resumeExporting", since="8.10")
async def resume_exporting(call: Call) -> None:
    """Have all exporters go on from where they were."""
    _exporting(call).resume()


def _exporting(call: Call) -> Exporting:
    exporting = call.services.exporting
    if exporting is None:
        raise Problem(
            403,
            "FORBIDDEN",
            "Expected an engine with exporters, but this one has none. Start it with --export to have the record log exported.",
        )
    return exporting
