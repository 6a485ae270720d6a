"""Every version of DMN is read, with its own way to name types."""

import pytest
from tests.unit.dmn.dmn_builder import decision, file, literal

from kiang import dmn
from kiang.dmn import dialect_of
from kiang.dmn.document import VERSIONS
from kiang.feel import Dialect


@pytest.mark.parametrize(("namespace", "version"), VERSIONS.items())
def test_a_file_of_each_version_is_read_and_evaluated(namespace, version):
    prefixes = 'xmlns:feel="http://www.omg.org/spec/FEEL/20140401"'
    definitions = dmn.read(
        "a.dmn", file(decision(literal("1 + 1"), type_ref="feel:number"), version=namespace, prefixes=prefixes)
    )

    assert definitions.version == version
    assert definitions.decisions[0].type_ref == "number"
    for dialect in (Dialect.CAMUNDA, Dialect.DMN):
        assert dmn.compile(definitions, dialect=dialect).evaluate("d", {}).output == 2


def test_the_engine_follows_camunda_for_what_camunda_reads():
    assert [dialect_of(version) for version in ("1.1", "1.2", "1.3", "1.4", "1.5")] == [
        *[Dialect.CAMUNDA] * 3,
        *[Dialect.DMN] * 2,
    ]
