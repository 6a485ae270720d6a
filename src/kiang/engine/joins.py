"""Gateways at which tokens wait for each other."""

from kiang.protocol.enums import ElementType

JOINS = frozenset({ElementType.PARALLEL_GATEWAY, ElementType.INCLUSIVE_GATEWAY})
"""Their types; a gateway with one incoming flow joins nothing."""
