"""Keys: 64-bit integers that name every entity, older entities having smaller ones.

The upper 13 bits hold the partition that made the key, the lower 51 a counter that starts at 1, as clients expect.
"""

from typing import NewType

PARTITION_BITS = 13
COUNTER_BITS = 51
PARTITION_COUNT_MAX = 1 << PARTITION_BITS

DeploymentKey = NewType("DeploymentKey", int)
ProcessDefinitionKey = NewType("ProcessDefinitionKey", int)
ProcessInstanceKey = NewType("ProcessInstanceKey", int)
ElementInstanceKey = NewType("ElementInstanceKey", int)
JobKey = NewType("JobKey", int)
IncidentKey = NewType("IncidentKey", int)
VariableKey = NewType("VariableKey", int)


def first_key(partition: int) -> int:
    """The key before the first one that `partition` makes."""
    return partition << COUNTER_BITS


def partition_of(key: int) -> int:
    """The partition that made `key`; 0 or something beyond the last partition for a number that is no key."""
    return key >> COUNTER_BITS
