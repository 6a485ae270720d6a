"""Tokens that wait at joins, as the column `tokens` of a scope keeps them."""

from __future__ import annotations

import msgspec

Tokens = dict[str, dict[str, int]]
"""Gateway id to flow id to the number of tokens that wait there."""

_read = msgspec.json.Decoder(Tokens).decode
_write = msgspec.json.Encoder().encode


def read_tokens(text: str) -> Tokens:
    """The tokens of a scope."""
    return _read(text) if text else {}


def write_tokens(tokens: Tokens) -> str:
    """Their column; "" for none."""
    kept = {gateway: flows for gateway, flows in tokens.items() if flows}
    return _write(kept).decode() if kept else ""


def add_token(text: str, gateway: str, flow: str) -> str:
    """The column with one token more."""
    tokens = read_tokens(text)
    flows = tokens.setdefault(gateway, {})
    flows[flow] = flows.get(flow, 0) + 1
    return write_tokens(tokens)


def take_one_of_each(text: str, gateway: str) -> tuple[str, int]:
    """The column without one token of each flow that has some at `gateway`, and how many were taken."""
    tokens = read_tokens(text)
    flows = tokens.get(gateway, {})
    tokens[gateway] = {flow: count - 1 for flow, count in flows.items() if count > 1}
    return write_tokens(tokens), len(flows)


def waiting_at(text: str, gateway: str) -> dict[str, int]:
    """Tokens at one gateway by flow."""
    return read_tokens(text).get(gateway, {}) if text else {}


def count_tokens(text: str) -> int:
    """All tokens of a scope."""
    return sum(sum(flows.values()) for flows in read_tokens(text).values())
