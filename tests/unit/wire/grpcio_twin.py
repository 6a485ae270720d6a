"""The reference implementation of gRPC, as server and as client, with methods made of plain functions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio

from kiang.wire import gateway_pb2 as pb

SERVICE = "/gateway_protocol.Gateway/"


@asynccontextmanager
async def reference_server(unary=None, stream=None, credentials=None, options=()) -> AsyncIterator[int]:
    """A grpcio server: `unary` answers SetVariables, `stream` (an async generator) StreamActivatedJobs; yields its port."""
    handlers = {}
    if unary is not None:
        handlers["SetVariables"] = grpc.unary_unary_rpc_method_handler(
            unary,
            request_deserializer=pb.SetVariablesRequest.FromString,
            response_serializer=pb.SetVariablesResponse.SerializeToString,
        )
    if stream is not None:
        handlers["StreamActivatedJobs"] = grpc.unary_stream_rpc_method_handler(
            stream,
            request_deserializer=pb.StreamActivatedJobsRequest.FromString,
            response_serializer=pb.ActivatedJob.SerializeToString,
        )
    server = grpc.aio.server(options=list(options))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("gateway_protocol.Gateway", handlers),))
    address = "127.0.0.1:0"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)
