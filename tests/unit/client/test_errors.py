"""Every status of the wires becomes the error that its name promises, with the engine's own text."""

from __future__ import annotations

import pytest
from tests.unit.client.simulated_channel import SimulatedChannel, client_on, status

from kiang import errors
from kiang.client.status import GRPC_ERRORS, HTTP_ERRORS, PROBLEM_ERRORS, Unauthenticated, http_error
from kiang.wire.status import StatusCode


@pytest.mark.parametrize("code", [code for code in StatusCode if code is not StatusCode.OK])
async def test_each_grpc_status_is_an_error_of_its_own_class(code) -> None:
    channel = SimulatedChannel(*[status(code)] * 10)

    with pytest.raises(errors.ClientError, match="text of the engine") as caught:
        await client_on(channel).cancel_process_instance(1)

    assert type(caught.value) is GRPC_ERRORS[code]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (StatusCode.INVALID_ARGUMENT, errors.InvalidArgument),
        (StatusCode.NOT_FOUND, errors.NotFound),
        (StatusCode.ALREADY_EXISTS, errors.AlreadyExists),
        (StatusCode.FAILED_PRECONDITION, errors.InvalidState),
        (StatusCode.PERMISSION_DENIED, errors.PermissionDenied),
        (StatusCode.UNAUTHENTICATED, errors.PermissionDenied),
        (StatusCode.RESOURCE_EXHAUSTED, errors.ResourceExhausted),
        (StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (StatusCode.UNAVAILABLE, errors.Unavailable),
        (StatusCode.UNIMPLEMENTED, errors.Unimplemented),
        (StatusCode.INTERNAL, errors.InternalError),
    ],
)
def test_the_statuses_of_the_gateway_have_the_errors_of_the_public_tree(code, kind) -> None:
    assert issubclass(GRPC_ERRORS[code], kind)


@pytest.mark.parametrize(("http_status", "kind"), HTTP_ERRORS.items())
def test_each_http_status_without_a_problem_document_is_an_error(http_status, kind) -> None:
    error = http_error(http_status, "", "")

    assert type(error) is kind
    assert str(http_status) in str(error)


@pytest.mark.parametrize(("title", "kind"), PROBLEM_ERRORS.items())
def test_the_title_of_a_problem_says_more_than_the_http_status(title, kind) -> None:
    error = http_error(503, title, "detail of the engine")

    assert type(error) is kind
    assert str(error) == "detail of the engine"


def test_unknown_http_statuses_are_the_callers_fault_below_500_and_the_engines_above() -> None:
    assert type(http_error(418, "I am a teapot", "")) is errors.InvalidArgument
    assert type(http_error(599, "", "")) is errors.InternalError
    assert issubclass(Unauthenticated, errors.PermissionDenied)
