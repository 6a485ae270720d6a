"""Assertions about process instances that say what was found when they fail."""

from __future__ import annotations

from typing import Any, Self

from kiang.testing.instance import ACTIVE, COMPLETED, TERMINATED, Instance

_UNKNOWN = object()


def assert_that(instance: Instance) -> InstanceAssertion:
    """Begin a chain of assertions: `assert_that(order).is_completed().has_variable("paid", True)`."""
    return InstanceAssertion(instance)


class InstanceAssertion:
    """What can be asserted of a process instance; every method gives the assertion back."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def is_active(self) -> Self:
        """It has not ended."""
        return self._is(ACTIVE)

    def is_completed(self) -> Self:
        """It has ended by itself."""
        return self._is(COMPLETED)

    def is_terminated(self) -> Self:
        """It was cancelled or terminated."""
        return self._is(TERMINATED)

    def is_waiting_at(self, *element_ids: str) -> Self:
        """Each of these elements has been entered and not left; others may be, too."""
        waiting = self._instance.waiting_at
        for element_id in element_ids:
            self._check(element_id in waiting, f"to wait at {element_id!r}", f"it waits at {_names(waiting)}")
        return self

    def is_not_waiting_at(self, *element_ids: str) -> Self:
        """None of these elements has been entered and not left."""
        waiting = self._instance.waiting_at
        for element_id in element_ids:
            self._check(element_id not in waiting, f"not to wait at {element_id!r}", "it does")
        return self

    def has_passed(self, *element_ids: str, times: int | None = None) -> Self:
        """Each of these elements was completed, in any order.

        Args:
            element_ids: Ids of elements.
            times: Exactly so often; at least once if not given.
        """
        passed = self._passed()
        for element_id in element_ids:
            count = passed.count(element_id)
            wanted = "" if times is None else f" {times} times"
            found = f"it did so {count} times" if count and times is not None else f"it has passed {_names(passed)}"
            self._check(
                count == times if times is not None else count > 0, f"to have passed {element_id!r}{wanted}", found
            )
        return self

    def has_not_passed(self, *element_ids: str) -> Self:
        """None of these elements was completed."""
        passed = self._passed()
        for element_id in element_ids:
            self._check(element_id not in passed, f"not to have passed {element_id!r}", "it has")
        return self

    def has_passed_in_order(self, *element_ids: str) -> Self:
        """These elements were completed and had been entered in this order; others may lie between them."""
        passed = self._passed()
        rest = iter(passed)
        self._check(
            all(element_id in rest for element_id in element_ids),
            f"to have passed {_names(element_ids)} in this order",
            f"it has passed {_names(passed)}",
        )
        return self

    def has_variable(self, name: str, value: Any = _UNKNOWN, *, at: str = "") -> Self:
        """The process instance has a variable.

        Args:
            name: Of the variable.
            value: What it is as JSON; any if not given.
            at: Id of an element: its local variable, not one of the process instance.
        """
        variables = self._variables(at)
        where = f" at {at!r}" if at else ""
        self._check(name in variables, f"to have variable {name!r}{where}", f"it has {_names(variables)}")
        if value is not _UNKNOWN:
            found = variables[name]
            is_same = found == value and isinstance(found, bool) == isinstance(value, bool)
            self._check(is_same, f"variable {name!r}{where} to be {value!r}", f"it is {found!r}", subject=False)
        return self

    def has_variables(self, expected: dict[str, Any] | None = None, /, **more: Any) -> Self:
        """The process instance has these variables with these values; it may have others."""
        for name, value in {**(expected or {}), **more}.items():
            self.has_variable(name, value)
        return self

    def has_no_variable(self, *names: str, at: str = "") -> Self:
        """The process instance, or the element `at`, has no variable of these names."""
        variables = self._variables(at)
        for name in names:
            self._check(name not in variables, f"not to have variable {name!r}", "it has")
        return self

    def has_incident(self, type: str | None = None, *, at: str | None = None, message: str | None = None) -> Self:  # noqa: A002 - the field's word
        """An incident is open.

        Args:
            type: For example `JOB_NO_RETRIES`; any if not given.
            at: Id of the element; any if not given.
            message: Part of its message.
        """
        incidents = self._instance.incidents
        fits = [
            incident
            for incident in incidents
            if type in {None, incident.type}
            and at in {None, incident.element_id}
            and (message is None or message in incident.message)
        ]
        wanted = "".join(
            f" {word} {value!r}"
            for word, value in (("of type", type), ("at", at), ("saying", message))
            if value is not None
        )
        self._check(bool(fits), f"to have an incident{wanted}", f"there are {_incidents(incidents)}")
        return self

    def has_no_incident(self) -> Self:
        """No incident is open."""
        incidents = self._instance.incidents
        self._check(not incidents, "to have no incident", f"there are {_incidents(incidents)}")
        return self

    def _is(self, state: str) -> Self:
        instance = self._instance
        found = instance.state
        reason = f"it is {found}"
        if found == ACTIVE:
            reason += f" and waits at {_names(instance.waiting_at)}"
            if instance.incidents:
                reason += f", with {_incidents(instance.incidents)}"
        self._check(found == state, f"to be {state}", reason)
        return self

    def _passed(self) -> list[str]:
        return [element.id for element in self._instance.elements if element.state == COMPLETED]

    def _variables(self, at: str) -> dict[str, Any]:
        return self._instance.variables_of(at) if at else self._instance.variables

    def _check(self, holds: bool, expected: str, found: str, *, subject: bool = True) -> None:
        if not holds:
            whom = f"{self._instance!r} " if subject else ""
            raise AssertionError(f"Expected {whom}{expected}, but {found}.")


def _names(names: Any) -> str:
    return ", ".join(map(repr, names)) or "nothing"


def _incidents(incidents: Any) -> str:
    return "; ".join(f"{i.type} at {i.element_id!r}: {i.message}" for i in incidents) or "none"
