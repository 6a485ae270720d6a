"""Variables."""

from __future__ import annotations

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.searching import add_get, add_search
from kiang.search.field import SearchResource
from kiang.search.resources.variable import VARIABLE, WHOLE_VARIABLES
from kiang.search.resources.variable import VARIABLES as SEARCHED

VARIABLES = Resource("Variable")

TRUNCATE_VALUES = Parameter("truncateValues", {"type": "boolean", "default": True})


def by_length(call: Call) -> SearchResource:
    """Whether long values are cut off is for the caller to say."""
    return SEARCHED if call.flag("truncateValues", default=True) else WHOLE_VARIABLES


add_search(
    VARIABLES,
    "/variables/search",
    "searchVariables",
    SEARCHED,
    since="8.8",
    choose=by_length,
    parameters=(TRUNCATE_VALUES,),
)
add_get(VARIABLES, "/variables/{variableKey}", "getVariable", VARIABLE, since="8.8")
