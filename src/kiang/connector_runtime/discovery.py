"""Which connectors a runtime runs: those of installed packages, and those that the command line names.

A package offers connectors by entry points of the group `kiang.connectors`; the name is free, the value the decorated function or class.
Importing a connector must be cheap: vendor libraries are imported by its first call.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import entry_points
from typing import Any, TypeVar

from kiang.connector_sdk.inbound import InboundConnector
from kiang.connector_sdk.outbound import ATTRIBUTE, OutboundConnector, connector_of
from kiang.errors import ConfigError

GROUP = "kiang.connectors"

C = TypeVar("C", OutboundConnector, InboundConnector)


@dataclass(frozen=True)
class Connectors:
    """What a runtime runs, by type."""

    outbound: tuple[OutboundConnector, ...] = ()
    inbound: tuple[InboundConnector, ...] = ()


def discovered(environ: Mapping[str, str] | None = None) -> Connectors:
    """Connectors of all installed packages, as the environment filters and overrides them.

    CONNECTOR_OUTBOUND_ENABLED or CONNECTOR_OUTBOUND_DISABLED (and the same with INBOUND) list types, separated by commas;
    CONNECTOR_<NAME>_TYPE and CONNECTOR_<NAME>_TIMEOUT (ms) change one connector, NAME being its name in capitals with `_`
    for blanks; CONNECTOR_OUTBOUND_DISCOVERY_DISABLED leaves all of a kind out.

    Raises:
        ConfigError: Both lists of a kind are given, two connectors have one type, or an override has no sensible value.
    """
    known = os.environ if environ is None else environ
    found = selected((entry.load() for entry in entry_points(group=GROUP)), known)
    return Connectors(
        () if "CONNECTOR_OUTBOUND_DISCOVERY_DISABLED" in known else found.outbound,
        () if "CONNECTOR_INBOUND_DISCOVERY_DISABLED" in known else found.inbound,
    )


def named(names: Iterable[str], environ: Mapping[str, str] | None = None) -> Connectors:
    """The connectors that `module:object` names; a module alone gives every connector in it.

    Raises:
        ConfigError: A name leads nowhere.
    """
    known = os.environ if environ is None else environ
    return selected((target for name in names for target in _load(name)), known)


def selected(targets: Iterable[Any], environ: Mapping[str, str]) -> Connectors:
    """Connectors after the environment's filters and overrides, sorted by type."""
    outbound: list[OutboundConnector] = []
    inbound: list[InboundConnector] = []
    for target in targets:
        connector = getattr(target, ATTRIBUTE, target)
        if isinstance(connector, InboundConnector):
            inbound.append(_overridden(connector, environ))
        else:
            outbound.append(_overridden(connector_of(target), environ))
    return Connectors(_filtered(outbound, environ, "OUTBOUND"), _filtered(inbound, environ, "INBOUND"))


def _filtered(connectors: list[C], environ: Mapping[str, str], kind: str) -> tuple[C, ...]:
    enabled, disabled = (_types(environ, f"CONNECTOR_{kind}_{which}") for which in ("ENABLED", "DISABLED"))
    if enabled is not None and disabled is not None:
        name = f"CONNECTOR_{kind}_DISABLED"
        raise ConfigError(name, environ[name], f"unset, since CONNECTOR_{kind}_ENABLED is set")
    by_type: dict[str, C] = {}
    for connector in connectors:
        name = connector.type.lower()
        if (enabled is not None and name not in enabled) or (disabled is not None and name in disabled):
            continue
        if connector.type in by_type and by_type[connector.type].name != connector.name:
            raise ConfigError("connectors", connector.type, "the type of one connector, but two have it")
        by_type[connector.type] = connector
    return tuple(by_type[name] for name in sorted(by_type))


def _types(environ: Mapping[str, str], name: str) -> frozenset[str] | None:
    listed = environ.get(name)
    return None if listed is None else frozenset(name.strip().lower() for name in listed.split(",") if name.strip())


def _overridden(connector: C, environ: Mapping[str, str]) -> C:
    name = re.sub(r"[^A-Za-z0-9_ ]", "", connector.name).replace(" ", "_").upper()
    job_type = environ.get(f"CONNECTOR_{name}_TYPE")
    timeout = environ.get(f"CONNECTOR_{name}_TIMEOUT")
    if job_type:
        connector = replace(connector, type=job_type)
    if timeout and not isinstance(connector, InboundConnector):
        if not timeout.isdigit() or int(timeout) == 0:
            raise ConfigError(f"CONNECTOR_{name}_TIMEOUT", timeout, "a number of milliseconds")
        connector = replace(connector, timeout=timedelta(milliseconds=int(timeout)))
    return connector


def _load(name: str) -> Iterator[Any]:
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigError("connectors", name, f"a module that can be imported ({error})") from None
    if attribute:
        if not hasattr(module, attribute):
            raise ConfigError("connectors", name, f"an object of module {module_name}")
        yield getattr(module, attribute)
        return
    found = [value for value in vars(module).values() if hasattr(value, ATTRIBUTE)]
    if not found:
        raise ConfigError(
            "connectors",
            name,
            "a module with functions or classes decorated with @outbound_connector or @inbound_connector",
        )
    yield from found
