"""Input and output mappings (engine-semantics §7)."""

from __future__ import annotations

from kiang import feel
from kiang.bpmn.model import Expression, Mappings
from kiang.engine.actions.expressions import evaluate, variables_of, with_warnings
from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ErrorType


def apply_inputs(p: Processing, scope: Scope, mappings: Mappings) -> None:
    """Make local variables of what the sources give.

    Raises:
        Failure: A source cannot be evaluated; nothing was emitted then.
    """
    set_local(p, scope, evaluate_mappings(p, scope, mappings))


def apply_outputs(p: Processing, scope: Scope, mappings: Mappings, target: Scope) -> None:
    """Propagate what the sources give, from `target` outwards.

    Raises:
        Failure: As `apply_inputs`.
    """
    propagate(p, target, evaluate_mappings(p, scope, mappings))


def evaluate_mappings(p: Processing, scope: Scope, mappings: Mappings) -> Document:
    """The entries that all mappings of one direction make.

    Raises:
        Failure: As `apply_inputs`.
    """
    expression = Expression(mappings.text, mappings.feel)
    value = evaluate(p, scope, expression, error=ErrorType.IO_MAPPING_ERROR)
    if type(value) is not dict:
        text = f"Expected result of the expression '{mappings.text}' to be 'OBJECT', but was '{feel.type_name(value)}'."
        raise Failure(ErrorType.IO_MAPPING_ERROR, with_warnings(p, expression, variables_of(p, scope), text), scope.key)
    return {name: feel.to_json(entry) for name, entry in value.items() if type(entry) is not feel.Function}
