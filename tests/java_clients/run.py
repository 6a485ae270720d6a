"""The Java clients, as their registry ships them, against a real engine process: every command of each at least once.

    python -m tests.java_clients.run        what `make check-java` does

Needs `java`, `javac` and `mvn`, and a registry for the first run; without them it says so and ends well. Each story is
played twice: commands over gRPC, and over REST.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bpmn_builder import BpmnFile, tag
from tests.integration.rest_server import one_task
from tests.integration.running_engine import running_engine
from tests.integration.sdk_processes import AD_HOC, DECISION, FORM
from tests.shared_material import ROOT

FOLDER = Path(__file__).parent
BUILT = ROOT / "build" / "java_clients"
CLIENTS = ("zeebe_client_8_5", "camunda_client_8_8")
TOOLS = ("java", "javac", "mvn")
INSTALL_SECONDS_MAX = 600
STORY_SECONDS_MAX = 180


def main() -> int:
    """Play all stories; the number of those that failed."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed, so the Java clients cannot be tried")
        return 0
    failed = 0
    for client in CLIENTS:
        classpath = build(client)
        if classpath is None:
            continue
        for prefers_rest in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                failed += not play(client, classpath, Path(folder), prefers_rest=prefers_rest)
    return failed


def build(client: str) -> str | None:
    """Fetch a client and compile its story; the class path, or None where there is no registry."""
    target = BUILT / client
    (target / "classes").mkdir(parents=True, exist_ok=True)
    listed = target / "classpath.txt"
    goal = ["mvn", "-B", "-q", "dependency:build-classpath", f"-Dmdep.outputFile={listed}"]
    done = subprocess.run(
        goal, check=False, cwd=FOLDER / client, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
    )
    if done.returncode:
        print(f"skipped: {client} could not be fetched: {done.stdout.strip()[:300]}")
        return None
    classpath = f"{target / 'classes'}:{listed.read_text().strip()}"
    source = FOLDER / client / "Story.java"
    subprocess.run(
        ["javac", "-nowarn", "-Xlint:none", "-cp", classpath, "-d", str(target / "classes"), str(source)], check=True
    )
    return classpath


def play(client: str, classpath: str, folder: Path, *, prefers_rest: bool) -> bool:
    """Play a story; whether every step went well and no command was left out."""
    files = folder / "files"
    files.mkdir()
    for name, content in resources().items():
        (files / name).write_bytes(content)
    with running_engine(folder / "data", "--controlled-clock") as engine:
        arguments = [f"http://{engine.grpc_address}", engine.rest_url, str(prefers_rest).lower(), str(files)]
        done = subprocess.run(
            ["java", "-cp", classpath, "Story", *arguments],
            check=False,
            timeout=STORY_SECONDS_MAX,
            capture_output=True,
            text=True,
        )
    lines = done.stdout.splitlines()
    print(f"{client} over {'REST' if prefers_rest else 'gRPC'}: {lines[-1] if lines else 'no answer'}")
    for line in lines:
        if line.startswith("FAIL"):
            print(f"    {line}")
    if done.returncode and not any(line.startswith("FAIL") for line in lines):
        print(done.stderr[-2_000:])
    return done.returncode == 0


def resources() -> dict[str, bytes]:
    """The files that the stories deploy."""
    waits = BpmnFile("waits")
    waits.start("s").catch("wait", waits.message_event("done", "=id")).end("e").chain("s", "wait", "e")
    asks = BpmnFile("asks")
    asks.start("s", extensions=tag("zeebe:formDefinition", formId="review")).end("e").chain("s", "e")
    listens = BpmnFile("listens")
    listener = '<zeebe:taskListeners><zeebe:taskListener eventType="completing" type="checks"/></zeebe:taskListeners>'
    listens.start("s").user_task("t", extensions=listener).end("e").chain("s", "t", "e")
    return {
        "tour.bpmn": _tour("tour", "work", "review"),
        "tour2.bpmn": _tour("tour2", "work2", "review2"),
        "waits.bpmn": _bytes(waits.xml()),
        "asks.bpmn": _bytes(asks.xml()),
        "listens.bpmn": _bytes(listens.xml()),
        "free.bpmn": AD_HOC,
        "simple.bpmn": one_task("simple", "simple"),
        "prices.dmn": DECISION,
        "review.form": FORM,
    }


def _tour(process: str, work: str, review: str) -> bytes:
    b = BpmnFile(process)
    b.start("s").service_task(work, job_type="work", task_headers={"h": "1"})
    b.user_task(review, extensions=tag("zeebe:formDefinition", formId="review")).end("e")
    b.chain("s", work, review, "e")
    return _bytes(b.xml()).replace(f'id="{process}"'.encode(), f'id="{process}" name="Tour"'.encode())


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


if __name__ == "__main__":
    sys.exit(main())
