"""DMN 1.1 to 1.5: decisions that are read, compiled once and evaluated often; usable without the engine.

>>> from kiang import dmn
>>> model = dmn.compile(dmn.read("dish.dmn", content))
>>> model.evaluate("dish", {"season": "Winter"}).output
'Roastbeef'
"""

from kiang.dmn.differences import Rule, dialect_of
from kiang.dmn.graph import DecisionModel
from kiang.dmn.graph import compile_model as compile  # noqa: A004 - used behind the package's name
from kiang.dmn.model import Definitions
from kiang.dmn.reader import read
from kiang.dmn.run import EvaluatedDecision, EvaluatedInput, EvaluatedOutput, Evaluation, MatchedRule, Problem

__all__ = [
    "DecisionModel",
    "Definitions",
    "EvaluatedDecision",
    "EvaluatedInput",
    "EvaluatedOutput",
    "Evaluation",
    "MatchedRule",
    "Problem",
    "Rule",
    "compile",
    "dialect_of",
    "read",
]
