"""The table of refusals is total."""

import pytest

from kiang.errors import ClientError, ResourceExhausted
from kiang.gateway.rejection import ERRORS, REJECTIONS, refusal_of
from kiang.protocol.answers import Rejection
from kiang.protocol.enums import RejectionType
from kiang.wire.status import StatusCode


def test_every_rejection_has_a_status_and_a_problem():
    assert set(REJECTIONS) == set(RejectionType)


def test_every_client_error_has_a_status_and_a_problem():
    ours = {error for error in ClientError.__subclasses__() if error.__module__ == "kiang.errors"}
    assert set(ERRORS) == ours


@pytest.mark.parametrize("refusal", [*REJECTIONS.values(), *ERRORS.values()], ids=str)
def test_a_refusal_is_an_error_on_both_wires(refusal):
    assert refusal.grpc_status is not StatusCode.OK
    assert 400 <= refusal.http_status < 600
    assert refusal.http_title


def test_a_rejection_quotes_command_and_code():
    refusal, message = refusal_of(Rejection(RejectionType.INVALID_STATE, "COMPLETE", "Expected so, but not so"))

    assert refusal.grpc_status is StatusCode.FAILED_PRECONDITION
    assert message == "Command 'COMPLETE' rejected with code 'INVALID_STATE': Expected so, but not so"


def test_a_client_error_keeps_its_text():
    refusal, message = refusal_of(ResourceExhausted("full"))

    assert (refusal.grpc_status, refusal.http_status, message) == (StatusCode.RESOURCE_EXHAUSTED, 503, "full")


def test_a_fault_of_ours_tells_its_kind_and_no_more():
    refusal, message = refusal_of(KeyError("a variable's value"))

    assert refusal.grpc_status is StatusCode.INTERNAL
    assert message == "Unexpected error occurred during the request processing: KeyError"
