"""One fault of one element, as the rules of a file report it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

Check = Callable[[Definitions, Element], Iterator[str]]
"""A rule's function: the messages about one element, none if it is right."""


class Rule(NamedTuple):
    """One validator.

    Attributes:
        name: As engine-semantics §24 calls it.
        kinds: The kinds of elements that it looks at.
        check: What it says about one.
    """

    name: str
    kinds: frozenset[str]
    check: Check


class Fault(NamedTuple):
    """What one rule says about one element."""

    element: Element
    message: str
    rule: str
