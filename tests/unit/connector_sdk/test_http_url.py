"""URLs as they are sent: encoded once, checked before anything is connected to."""

from __future__ import annotations

import pytest

from kiang.connector_sdk.http.url import as_it_is, encoded, with_parameters
from kiang.errors import ConnectorInputError


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://h", "http://h/"),
        ("http://h/a b/ü?x=y z", "http://h/a%20b/%C3%BC?x=y%20z"),
        ("http://h/a%20b%2f?x=%26+y", "http://h/a%20b%2f?x=%26+y"),
        ("http://h/a+b", "http://h/a%2Bb"),
        ("http://h/a?x=1&&y=&=z&", "http://h/a?x=1&y"),
        ("http://h/a?sig=ab==", "http://h/a?sig=ab%3D%3D"),
        ("http://h/a?", "http://h/a"),
        ("http://h/a?x#part", "http://h/a?x"),
        ("http://h/a\tb ", "http://h/a%09b"),
        ("http://h/[1]{2}|", "http://h/%5B1%5D%7B2%7D%7C"),
    ],
)
def test_what_needs_encoding_is_encoded_and_the_rest_stays(url: str, sent: str) -> None:
    assert encoded(url) == sent


@pytest.mark.parametrize("url", ["http://h/100%", "http://h/%2", "http://h/?x=%zz"])
def test_a_percent_sign_alone_is_an_input_error(url: str) -> None:
    with pytest.raises(ConnectorInputError, match="percent sign"):
        encoded(url)


def test_a_url_that_is_sent_as_it_is_loses_its_fragment_only() -> None:
    assert as_it_is("http://h/a%2cb?x=&&y#part") == "http://h/a%2cb?x=&&y"


@pytest.mark.parametrize("url", ["http://h/a b", "http://h/a\r\nHost: x", "http://h/\x00"])
def test_a_url_that_is_sent_as_it_is_cannot_end_the_request_line(url: str) -> None:
    with pytest.raises(ConnectorInputError, match="skipEncoding"):
        as_it_is(url)


def test_parameters_follow_the_query_and_null_is_a_bare_name() -> None:
    assert with_parameters("http://h/a?x=1", [("q", "a b+&"), ("n", None), ("e", "")]) == (
        "http://h/a?x=1&q=a%20b%2B%26&n&e="
    )
