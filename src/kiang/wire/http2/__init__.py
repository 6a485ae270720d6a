"""HTTP/2 (RFC 9113) as gRPC uses it, in both roles, made for many small calls.

    frames          the bytes of frames, and the names of what is in them
    header_blocks   HPACK: request and response heads, remembered by their bytes
    framing         gRPC's own: length-prefixed messages, compression, time-outs, status texts
    connection      what both roles share, sans I/O: bytes in, bytes out; flow control, limits
    server, client  the roles: calls and what becomes of them
    transport       the connection on a socket, under asyncio

`connection`, `server` and the core of `client` do no I/O and read no clock but the one they are given: they can be
driven with bytes alone, which is how they are tested and fuzzed.
"""
