"""The generated modules fit their sources, and live beside other stubs of the same protocol."""

import pytest
from pyzeebe.proto import gateway_pb2 as foreign

from kiang.wire import gateway_pb2
from kiang.wire.generate import FOLDER, generated_files


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*_pb2.py*")), ids=lambda path: path.name)
def test_a_generated_file_is_what_its_source_says(path):
    assert path.read_text() == generated_files()[path]


def test_every_source_has_its_generated_files():
    assert set(generated_files()) == set(FOLDER.glob("*_pb2.py*"))


def test_messages_of_two_stubs_of_the_protocol_understand_each_other_in_one_process():
    job = gateway_pb2.ActivatedJob(key=2251799813685250, type="pay", variables='{"a":1}', retries=3)

    theirs = foreign.ActivatedJob.FromString(job.SerializeToString())

    assert (theirs.key, theirs.type, theirs.variables, theirs.retries) == (2251799813685250, "pay", '{"a":1}', 3)


@pytest.mark.parametrize("name", sorted(foreign.DESCRIPTOR.message_types_by_name))
def test_fields_have_the_numbers_and_types_that_a_published_client_uses(name):
    theirs = foreign.DESCRIPTOR.message_types_by_name[name]
    ours = gateway_pb2.DESCRIPTOR.message_types_by_name[name]

    for field in theirs.fields:
        mine = ours.fields_by_name[field.name]
        assert (mine.number, mine.type) == (field.number, field.type), field.name
