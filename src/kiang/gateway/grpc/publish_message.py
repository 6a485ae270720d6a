"""PublishMessage: give a message to whatever waits for it, now or within its time to live."""

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import Published
from kiang.protocol.commands import PublishMessage
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import PublishMessageRequest, PublishMessageResponse

NAME = "PublishMessage"


def command(request: PublishMessageRequest) -> PublishMessage:
    """The command of a request."""
    return PublishMessage(
        name=request.name,
        correlation_key=request.correlationKey,
        time_to_live_ms=request.timeToLive,
        message_id=request.messageId,
        variables=parse_document(request.variables),
        tenant_id=tenant(NAME, request.tenantId),
    )


def response(answer: Published) -> bytes:
    """The response of an answer."""
    return PublishMessageResponse(key=answer.key, tenantId=answer.tenant_id).SerializeToString()


RPC = UnaryRpc(NAME, PublishMessageRequest, command, response, begins=PublishMessage)
