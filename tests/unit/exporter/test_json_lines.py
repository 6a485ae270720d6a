"""Lines of a file: whole ones only, and never lost."""

from __future__ import annotations

from pathlib import Path

from kiang.exporter.json_lines import JsonLines


def test_lines_are_added_behind_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "records.jsonl"
    first = JsonLines(str(path))
    first.write([b'{"a":1}', b'{"a":2}'])
    first.close()

    second = JsonLines(str(path))
    second.write([b'{"a":3}'])
    second.close()
    second.close()

    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n{"a":3}\n'


def test_a_line_that_a_crash_has_cut_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    for cut in (b'{"a":2', b"x" * 200_000):
        path.write_bytes(b'{"a":1}\n' + cut)
        sink = JsonLines(str(path))
        sink.write([b'{"a":2}'])
        sink.close()
        assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'


def test_a_file_of_one_cut_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"a"')
    JsonLines(str(path)).close()
    assert path.read_bytes() == b""


def test_a_large_file_is_put_aside(tmp_path: Path) -> None:
    sink = JsonLines(str(tmp_path / "records.jsonl"), file_bytes_max=20)
    for number in range(6):
        sink.write([b'{"number":%d}' % number])
    sink.close()

    files = sorted(tmp_path.glob("records*.jsonl"))
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    assert len(files) > 2
    assert sorted(lines) == [b'{"number":%d}' % number for number in range(6)]
