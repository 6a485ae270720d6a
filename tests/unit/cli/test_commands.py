"""The command line without an engine: help, options, errors, what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from kiang.cli import output
from kiang.cli.failure import CommandError, ExitStatus, hint_for, status_of
from kiang.cli.logs import LineFormatter
from kiang.cli.main import app, run
from kiang.cli.options import parse_variables
from kiang.client import FoundJob, Page
from kiang.errors import (
    ConfigError,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    StoreFullError,
    StoreLockedError,
    Unavailable,
)

SERVE = ("serve", "--in-memory", "--grpc-port=0", "--rest-port=0", "--management-port=0")

COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands)


def test_the_commands_are_there() -> None:
    assert {
        "serve",
        "deploy",
        "start",
        "worker",
        "jobs",
        "instances",
        "incidents",
        "resolve",
        "cancel",
        "status",
        "demo",
    } <= set(COMMANDS)


def test_help_lists_every_command_and_says_how_to_begin() -> None:
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.output
    assert "kiang serve" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_says_what_it_is_for_and_explains_its_options(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})

    assert result.exit_code == 0
    (registered,) = [each for each in app.registered_commands if each.callback.__name__ == command]
    first_line = registered.callback.__doc__.strip().splitlines()[0]
    assert first_line[:60] in result.output


def test_help_does_not_import_what_only_a_command_needs() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from kiang.cli.main import app; "
        "CliRunner().invoke(app, ['--help']); "
        "print([m for m in ('kiang.engine', 'kiang.broker', 'kiang.client', 'pydantic', 'httpx', 'lxml') if m in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.startswith("kiang 0.")


def test_variables_are_json_or_else_text() -> None:
    assert parse_variables(["amount=30", "who=Ada", 'id="A-1"', "list=[1,2]", "eq=a=b", "empty=", "no=null"], None) == {
        "amount": 30,
        "who": "Ada",
        "id": "A-1",
        "list": [1, 2],
        "eq": "a=b",
        "empty": "",
        "no": None,
    }


def test_variables_come_as_a_document_or_from_a_file_and_single_ones_win(tmp_path) -> None:
    file = tmp_path / "order.json"
    file.write_text('{"a": 1, "b": 2}')

    assert parse_variables(["a=3"], f"@{file}") == {"a": 3, "b": 2}
    assert parse_variables([], '{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("pairs", "document"), [(["amount"], None), (["=1"], None), ([], "[1]"), ([], "{"), ([], "@no/such")]
)
def test_variables_that_are_none_are_explained(pairs, document) -> None:
    with pytest.raises(CommandError) as caught:
        parse_variables(pairs, document)

    assert caught.value.status is ExitStatus.USAGE


@pytest.mark.parametrize(
    ("error", "status", "hint"),
    [
        (Unavailable("x"), ExitStatus.UNREACHABLE, "kiang serve"),
        (Unavailable("x"), ExitStatus.UNREACHABLE, "--rest-address URL"),
        (DeadlineExceeded("x"), ExitStatus.UNREACHABLE, "--timeout"),
        (NotFound("x"), ExitStatus.NOT_FOUND, ""),
        (InvalidArgument("x"), ExitStatus.REFUSED, ""),
        (ConfigError("A", "b", "c"), ExitStatus.CONFIGURATION, ""),
        (StoreLockedError("x"), ExitStatus.STORE, "--data"),
        (StoreFullError("x"), ExitStatus.STORE, "Make room"),
        (CommandError("x", hint="y", status=ExitStatus.USAGE), ExitStatus.USAGE, "y"),
    ],
)
def test_each_error_has_an_exit_status_and_a_way_out(error, status, hint) -> None:
    assert status_of(error) is status
    assert hint in hint_for(error)
    assert bool(hint_for(error)) == bool(hint)


def test_an_engine_that_is_not_there_is_one_sentence_and_the_way_out(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["kiang", "status", "--address", "localhost:1", "--timeout", "1"])

    with pytest.raises(SystemExit) as caught:
        run()

    assert caught.value.code == ExitStatus.UNREACHABLE
    printed = capsys.readouterr()
    assert printed.out == ""
    error, hint = printed.err.splitlines()
    assert error.startswith("Error: Could not connect to localhost:1")
    assert "kiang serve" in hint


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["worker", "no_such_module:worker"], "there is none"),
        (["worker", "json:loads"], "to be a Worker"),
        (["resolve"], "--all"),
        (["serve", "--tls-cert", __file__], "--tls-key together"),
        ([*SERVE, "--secrets"], "Expected to know who asks for secrets"),
        ([*SERVE, "--backups", "backups"], "Expected a data folder to back up"),
        ([*SERVE, "--documents", "ftp://papers"], "Expected --documents to be s3://BUCKET/PREFIX"),
        (["start", "order", "--var", "amount"], "NAME=VALUE"),
    ],
)
def test_wrong_calls_are_explained(arguments, text, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["kiang", *arguments])
    monkeypatch.setattr(sys, "path", sys.path[:])

    with pytest.raises(SystemExit) as caught:
        run()

    assert caught.value.code in {ExitStatus.USAGE, ExitStatus.REFUSED, ExitStatus.CONFIGURATION}
    assert text in capsys.readouterr().err


def test_json_has_names_as_in_rest_and_keys_as_texts(capsys) -> None:
    job = FoundJob(
        job_key=2**53 + 1,
        type="pay",
        state="CREATED",
        retries=3,
        process_instance_key=7,
        process_definition_id="order",
        deadline=datetime(2026, 1, 2, tzinfo=UTC),
    )
    output.print_json(Page(items=(job,), total_items=1))

    printed = json.loads(capsys.readouterr().out)
    assert printed["totalItems"] == 1
    (item,) = printed["items"]
    assert (item["jobKey"], item["processInstanceKey"], item["retries"]) == ("9007199254740993", "7", 3)
    assert item["deadline"] == "2026-01-02T00:00:00Z"


def test_variables_keep_their_own_names_in_json() -> None:
    assert output.keys_as_text({"variables": {"api_key": 5, "a_b": {"c_d": 1}}, "job_key": 5}) == {
        "variables": {"api_key": 5, "a_b": {"c_d": 1}},
        "jobKey": "5",
    }


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "5 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=30), "1 d ago"),
        (timedelta(days=-1), "0 s ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit(ago, text) -> None:
    assert output.age(datetime.now(UTC) - ago) == text


def test_a_log_event_is_one_line_in_utc() -> None:
    import logging

    record = logging.LogRecord("kiang.x", logging.WARNING, "f", 1, "two\nlines key=%d", (5,), None)
    record.created, record.msecs = time.mktime(time.gmtime(0)) - time.timezone, 7.0

    line = LineFormatter().format(record)

    assert line.endswith("Z WARNING kiang.x two\\nlines key=5")
    assert "\n" not in line
