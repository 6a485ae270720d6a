"""Tokens that wait at the joins of a scope.

The column `tokens` of the scope keeps them as JSON; while the scope is resident they are in its transient `waiting_tokens`, and the column
is put together again before a commit.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

Tokens = dict[str, dict[str, int]]
"""Gateway id to flow id to the number of tokens that wait there."""

_read = msgspec.json.Decoder(Tokens).decode
_write = msgspec.json.Encoder().encode


class HoldsTokens(Protocol):
    """A scope."""

    tokens: str
    waiting_tokens: Tokens | None


def tokens_of(scope: HoldsTokens) -> Tokens:
    """The tokens of a scope; not to be changed."""
    if scope.waiting_tokens is None:
        scope.waiting_tokens = _read(scope.tokens) if scope.tokens else {}
    return scope.waiting_tokens


def has_tokens(scope: HoldsTokens) -> bool:
    """Whether tokens wait at any join."""
    return bool(scope.tokens) if scope.waiting_tokens is None else bool(scope.waiting_tokens)


def waiting_at(scope: HoldsTokens, gateway: str) -> dict[str, int]:
    """Tokens at one gateway by flow."""
    return tokens_of(scope).get(gateway, {}) if has_tokens(scope) else {}


def add_token(scope: HoldsTokens, gateway: str, flow: str) -> None:
    """Appliers: one token more."""
    flows = tokens_of(scope).setdefault(gateway, {})
    flows[flow] = flows.get(flow, 0) + 1


def take_one_of_each(scope: HoldsTokens, gateway: str) -> int:
    """Appliers: one token of each flow that has some at a gateway is gone; gives how many."""
    tokens = tokens_of(scope)
    flows = tokens.pop(gateway, {})
    rest = {flow: count - 1 for flow, count in flows.items() if count > 1}
    if rest:
        tokens[gateway] = rest
    return len(flows)


def forget_tokens(scope: HoldsTokens) -> None:
    """Appliers: none waits any more."""
    scope.waiting_tokens = {}


def count_tokens(scope: HoldsTokens) -> int:
    """All tokens of a scope."""
    return sum(sum(flows.values()) for flows in tokens_of(scope).values()) if has_tokens(scope) else 0


def render_tokens(scope: HoldsTokens) -> None:
    """Put the column together."""
    if scope.waiting_tokens is not None:
        scope.tokens = _write(scope.waiting_tokens).decode() if scope.waiting_tokens else ""
