"""Functions of contexts (DMN 1.5, 10.3.4.9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.dialect import Rule
from kiang.feel.evaluation import Run
from kiang.feel.values import Value

Context = dict[str, Value]
PATH_LENGTH_MAX: Final = 100
"""Keys that lead into a context."""


@builtin("get value(context: context, key: string | list)")
def get_value(run: Run, context: Context, key: str | list[Value]) -> Value:
    """Give an entry, or with several keys one of the contexts within; null if there is none."""
    if not key:
        return None if type(key) is list else context.get("")
    value: Value = context
    for each in [key] if type(key) is str else key:
        if type(value) is not dict or type(each) is not str:
            return None
        value = value.get(each)
    return value


@builtin("get value(context: context, keys: list)")
@builtin("get value(m: context, key: string | list)")
def get_value_of(run: Run, context: Context, key: str | list[Value]) -> Value:
    """As `get value` under the names that its parameters have elsewhere."""
    return get_value(run, context, key)


@builtin("get entries(context: context)")
@builtin("get entries(m: context)")
def get_entries(run: Run, context: Context) -> list[Value]:
    """Give all entries as contexts of key and value."""
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list)", camunda=Rule.CONTEXTS_ARE_CHECKED)
def context_of_last(run: Run, entries: list[Value]) -> Context | None:
    """Make a context of contexts with key and value; of those with the same key the last one counts."""
    if any(type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry for entry in entries):
        return None
    return {entry["key"]: entry["value"] for entry in entries}


@builtin("context(entries: list)", standard=Rule.CONTEXTS_ARE_CHECKED)
def context_of(run: Run, entries: list[Value]) -> Context:
    """Make a context of contexts with key and value; a key must not come twice."""
    context: Context = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Refused("Expected a list of contexts with 'key' and 'value'")
        if entry["key"] in context:
            raise Refused(f"Expected keys that differ, but '{entry['key']}' comes twice")
        context[entry["key"]] = entry["value"]
    return context


@builtin("put(context: context, key: string | list, value: any)")
@builtin("context put(context: context, keys: list, value: any)", camunda=Rule.CONTEXTS_ARE_CHECKED)
@builtin("context put(context: context, key: string | list, value: any)", camunda=Rule.CONTEXTS_ARE_CHECKED)
def context_put_over(run: Run, context: Context, key: str | list[Value], value: Value) -> Context | None:
    """Give the context with one entry more or changed; several keys lead into contexts within, which are made."""
    keys: Sequence[Value] = [key] if type(key) is str else key
    if not 0 < len(keys) <= PATH_LENGTH_MAX or any(type(each) is not str for each in keys):
        return None
    return _put(run, context, keys, value, over=True)


@builtin("context put(context: context, keys: list, value: any)", standard=Rule.CONTEXTS_ARE_CHECKED)
@builtin("context put(context: context, key: string | list, value: any)", standard=Rule.CONTEXTS_ARE_CHECKED)
def context_put(run: Run, context: Context, key: str | list[Value], value: Value) -> Context:
    """Give the context with one entry more or changed; several keys lead into contexts within."""
    keys: Sequence[Value] = [key] if type(key) is str else key
    if not 0 < len(keys) <= PATH_LENGTH_MAX or any(type(each) is not str for each in keys):
        raise Refused("Expected a list of keys that is not empty")
    return _put(run, context, keys, value, over=False)


def _put(run: Run, context: Value, keys: Sequence[str], value: Value, *, over: bool) -> Context:
    if context is None or (over and type(context) is not dict):
        context = {}
    if type(context) is not dict:
        raise Refused(f"Expected a context at the key '{keys[0]}'")
    run.spend(len(context) + 1)
    rest = keys[1:]
    return {**context, keys[0]: _put(run, context.get(keys[0]), rest, value, over=over) if rest else value}


@builtin("context merge(contexts...: any)")
@builtin("put all(contexts...: any)")
def context_merge(run: Run, contexts: list[Value]) -> Context | None:
    """Put contexts together; of entries with the same key the last one counts."""
    merged: Context = {}
    for context in contexts:
        if type(context) is not dict:
            return None
        run.spend(len(context) + 1)
        merged.update(context)
    return merged
