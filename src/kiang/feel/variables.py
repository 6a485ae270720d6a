"""Which variables an expression reads from outside."""

from __future__ import annotations

from kiang.feel.syntax import (
    Call,
    ContextLiteral,
    Filter,
    For,
    FunctionLiteral,
    Iteration,
    Name,
    Node,
    Quantified,
    children,
)


def free_variables(node: Node) -> frozenset[str]:
    """Give the names that the tree does not define itself; the name of a function that is called is none of them.

    Within a filter every name may be an entry of the item, and is counted all the same.
    """
    found: set[str] = set()
    _collect(node, frozenset(), found)
    return frozenset(found)


def _collect(node: Node, bound: frozenset[str], found: set[str]) -> None:
    match node:
        case Name():
            if node.name not in bound:
                found.add(node.name)
        case Call():
            if not isinstance(node.function, Name):
                _collect(node.function, bound, found)
            for argument in node.arguments:
                _collect(argument, bound, found)
        case ContextLiteral():
            for key, value in node.entries:
                _collect(value, bound, found)
                bound |= {key}
        case FunctionLiteral():
            _collect(node.body, bound | {parameter.name for parameter in node.parameters}, found)
        case For():
            _collect(node.body, _bind(node.iterations, bound, found) | {"partial"}, found)
        case Quantified():
            _collect(node.condition, _bind(node.iterations, bound, found), found)
        case Filter():
            _collect(node.base, bound, found)
            _collect(node.condition, bound | {"item"}, found)
        case _:
            for child in children(node):
                _collect(child, bound, found)


def _bind(iterations: tuple[Iteration, ...], bound: frozenset[str], found: set[str]) -> frozenset[str]:
    for iteration in iterations:
        _collect(iteration.values, bound, found)
        if iteration.end is not None:
            _collect(iteration.end, bound, found)
        bound |= {iteration.name}
    return bound
