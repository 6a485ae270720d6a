"""What a handler may ask for in its signature, beside variables by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variable:
    """`Annotated[str, Variable("orderId")]`: the variable has another name than the parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Header:
    """`Annotated[str, Header("currency")]`: a custom header of the element instead of a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class AllVariables:
    """Marks a parameter that takes the whole document; write `Variables[Order]`."""


Variables = Annotated[T, AllVariables()]
"""`order: Variables[Order]`: all variables together are an Order; its fields decide which variables are fetched."""
