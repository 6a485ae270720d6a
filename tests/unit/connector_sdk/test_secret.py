"""Secrets: which placeholders are replaced, and what is masked in what leaves."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from kiang.connector_sdk.secret import SecretRules, mask, names_in, replace

SECRET = 'p&/"s kNoWn ü+%~<>\n'

FORMS = {
    "plain": SECRET,
    "URL": quote(SECRET, safe=""),
    "URL, slash kept": quote(SECRET),
    "form": quote_plus(SECRET),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in UTF-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "XML": html.escape(SECRET),
    "XML by numbers": "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in SECRET),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_masked_however_it_is_written(form: str) -> None:
    assert mask({f"<{form}>": [f"a{form}b", 1]}, [SECRET]) == {"<***>": ["a***b", 1]}


@pytest.mark.parametrize("before", ["", "u:", "us:", "use:"])
def test_a_secret_is_masked_in_basic_authentication(before: str) -> None:
    header = base64.b64encode(f"{before}{SECRET}".encode()).decode()

    masked = mask(f"Basic {header}", [SECRET])

    assert "***" in masked
    assert len(masked) < len(header)


def test_longer_secrets_are_masked_first_and_other_texts_stay() -> None:
    assert mask("abc abcdef kNoWnX", ["abc", "abcdef", ""]) == "*** *** kNoWnX"
    assert mask("nothing", []) == "nothing"


@pytest.mark.parametrize(
    ("text", "bare", "expected"),
    [
        ("{{secrets.A}}", False, "1"),
        ("{{ secrets.A }}", False, "1"),
        ("secrets.A", False, "secrets.A"),
        ("secrets.A", True, "1"),
        ("Bearer secrets.A/b.", True, "Bearer 2."),
        ("{{secrets.UNKNOWN}} secrets.A", True, "{{secrets.UNKNOWN}} 1"),
    ],
)
def test_placeholders(text: str, bare: bool, expected: str) -> None:
    assert replace(text, {"A": "1", "A/b": "2"}, SecretRules(bare)) == expected


def test_a_value_is_never_searched_for_placeholders_itself() -> None:
    assert replace({"secrets.A": "secrets.A"}, {"A": "{{secrets.B}}", "B": "x"}, SecretRules()) == {
        "{{secrets.B}}": "{{secrets.B}}"
    }


def test_only_allowed_names_are_asked_for() -> None:
    texts = {"k {{secrets.A}}": ["secrets.B", 1]}

    assert names_in(texts, SecretRules()) == {"A", "B"}
    assert names_in(texts, SecretRules(bare=False)) == {"A"}
    assert names_in(texts, SecretRules(allowed=frozenset({"B", "C"}))) == {"B"}
