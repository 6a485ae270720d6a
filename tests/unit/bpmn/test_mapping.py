"""Mappings compiled to one context."""

from __future__ import annotations

import pytest

from kiang.bpmn.mapping import MappingError, input_mappings, output_mappings


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ([("=x", "a")], "{a:x}"),
        ([("=x", "a"), ("=a + 1", "b")], "{a:x,b:a + 1}"),
        ([("=x", "a.b"), ("=y", "a.c")], "{a:{b:x,c:y}}"),
        ([("plain", "a")], '{a:"plain"}'),
        ([('say "hi"', "a")], '{a:"say \\"hi\\""}'),
        ([("3", "a")], '{a:"3"}'),
        ([("=", "a")], '{a:"="}'),
        ([("=1", "a"), ("=2", "b"), ("=3", "a")], "{b:2,a:3}"),
        ([("=1", "a"), ("=2", "a.q")], "{a:{q:2}}"),
        ([("=2", "a.q"), ("=1", "a")], "{a:1}"),
    ],
)
def test_inputs_make_one_context(pairs, text):
    assert input_mappings(pairs).text == text


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ([("=x", "a")], "{a:x}"),
        ([("=x", "a.b")], "{a:if (a != null) then context merge(a,{b:x}) else {b:x}}"),
        (
            [("=x", "a.b.c")],
            (
                "{a:if (a != null) then context merge(a,{b:if (a.b != null) then context merge(a.b,{c:x}) else {c:x}}) "
                "else {b:if (a.b != null) then context merge(a.b,{c:x}) else {c:x}}}"
            ),
        ),
    ],
)
def test_nested_outputs_are_merged_into_the_variable(pairs, text):
    assert output_mappings(pairs).text == text


def test_a_merge_keeps_what_the_variable_has():
    mappings = output_mappings([("=x", "a.b")])

    assert mappings.feel.evaluate({"x": 1, "a": {"c": 2}}) == {"a": {"c": 2, "b": 1}}
    assert mappings.feel.evaluate({"x": 1}) == {"a": {"b": 1}}


def test_no_mappings_are_none():
    assert input_mappings([]) is None
    assert output_mappings([]) is None


def test_a_comment_that_swallows_the_rest_is_an_error():
    with pytest.raises(MappingError, match="failed to parse expression"):
        input_mappings([("=1 // three", "r")])
