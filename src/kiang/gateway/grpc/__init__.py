"""The gateway protocol over gRPC: one file per rpc, each a translation between a message and a command.

Most rpcs are a `UnaryRpc`: a function from the request to a command, and one from the answer to the response.
Neither waits nor knows the transport. To add one, write such a file and put its `RPC` into the table of `rpcs`.
"""
