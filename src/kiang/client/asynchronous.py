"""The client of an engine: every command as a method, over gRPC or REST."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from kiang.client import request as ask
from kiang.client import results
from kiang.client.credentials import Credentials
from kiang.client.job import Job
from kiang.client.job_result import Corrections, JobResult
from kiang.client.request import Request, ResultT
from kiang.client.retry import RetryPolicy, may_repeat
from kiang.client.search import FoundT, decode_page, entities_of
from kiang.client.settings import ClientSettings, TlsSettings, Wire
from kiang.client.transport import JobStream, Transport
from kiang.client.variables import encode_variables
from kiang.errors import ClientError, InvalidArgument

MESSAGE_SIZE_MAX_BYTES = 4 * 1024 * 1024
"""What gateways accept; a larger deployment is refused here, before it travels."""
JOB_TIMEOUT = timedelta(minutes=5)
MESSAGE_TIME_TO_LIVE = timedelta(hours=1)
RESULT_TIMEOUT = timedelta(seconds=30)
LONG_POLL_DEFAULT = timedelta(seconds=10)
"""How long a gateway keeps a poll open if it is not told."""
LONG_POLL_GRACE = timedelta(seconds=10)
"""A poll's answer may come this much after the end of its request timeout."""
SEARCH_LIMIT = 100

VariableSource = Mapping[str, Any] | msgspec.Struct | object
"""A mapping, dataclass, msgspec struct or pydantic model."""


class AsyncClient:
    """Asks an engine, from one event loop.

    It connects with its first request, and again after failures; making one does no I/O, so that it can stand in a
    module.
    Close it with `await client.aclose()` or use it in `async with`.

    Every method may raise a `kiang.errors.ClientError`; what a method lists is what to expect of it in particular.
    Requests are repeated only where that is safe: after a refusal because of load or when no connection could be made,
    nothing was executed; after a lost connection only requests whose second execution changes nothing more.

    Args:
        grpc_address: `host:port` or a URL (grpc, grpcs, http, https); else CAMUNDA_GRPC_ADDRESS, ZEEBE_GRPC_ADDRESS or
            ZEEBE_ADDRESS; else localhost:26500.
        rest_address: URL; else CAMUNDA_REST_ADDRESS or ZEEBE_REST_ADDRESS; else http://localhost:8080.
        wire: "grpc" or "rest" for commands. Searches always use REST.
        credentials: Else from CAMUNDA_AUTH_STRATEGY and what belongs to it; else none.
        tls: Certificates; else from the environment; else the system's authorities.
        tenant_id: For requests that have a tenant; else `<default>`.
        timeout: For each request that is not told otherwise; default 10 s.
        retries: `kiang.client.NO_RETRIES` for none.
        settings: Instead of all of the above but `retries`.
        transport: Instead of a connection: how an engine in the same process is asked.
    """

    def __init__(
        self,
        grpc_address: str | None = None,
        *,
        rest_address: str | None = None,
        wire: Wire | str | None = None,
        credentials: Credentials | None = None,
        tls: TlsSettings | None = None,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
        retries: RetryPolicy | None = None,
        settings: ClientSettings | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.settings = settings or ClientSettings.read(
            grpc_address,
            rest_address=rest_address,
            wire=wire,
            credentials=credentials,
            tls=tls,
            tenant_id=tenant_id,
            timeout=timeout,
        )
        self._retries = retries or RetryPolicy()
        self._timeout_s = self.settings.timeout.total_seconds()
        self._given = transport
        self._transports: dict[Wire, Transport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. The client connects again if it is used again."""
        transports = list(self._transports.values())
        self._transports.clear()
        if self._given is not None:
            transports.append(self._given)
        for transport in transports:
            await transport.aclose()

    def __repr__(self) -> str:
        where = self.settings.grpc_address if self.settings.wire is Wire.GRPC else self.settings.rest_url
        return f"{type(self).__name__}({str(where)!r})"

    # ---- the cluster and its resources

    async def topology(self, *, timeout: timedelta | None = None) -> results.Topology:
        """Who is there: brokers, partitions, version of the gateway."""
        return await self.call(ask.GetTopology(), timeout)

    async def deploy(
        self, *files: str | Path, tenant_id: str | None = None, timeout: timedelta | None = None
    ) -> results.Deployment:
        """Deploy BPMN, DMN and form files, all or none. The file's name is the resource's name.

        Raises:
            InvalidArgument: A file is not valid (the message lists all faults of all files), missing or too large.
        """
        resources = {}
        for path in map(Path, files):
            try:
                resources[path.name] = path.read_bytes()
            except OSError as error:
                raise InvalidArgument(f"Expected to read {path}, but: {error.strerror}.") from error
        return await self.deploy_resources(resources, tenant_id=tenant_id, timeout=timeout)

    async def deploy_resources(
        self, resources: Mapping[str, bytes], *, tenant_id: str | None = None, timeout: timedelta | None = None
    ) -> results.Deployment:
        """As `deploy`, from memory: resource name (its suffix tells the kind) to content."""
        size = sum(map(len, resources.values()))
        if size > MESSAGE_SIZE_MAX_BYTES:
            raise InvalidArgument(
                f"Expected to deploy at most {MESSAGE_SIZE_MAX_BYTES} bytes at once, but the files have {size}. "
                "Deploy them one by one."
            )
        return await self.call(
            ask.Deploy(resources=tuple(resources.items()), tenant_id=self._tenant(tenant_id)), timeout
        )

    async def delete_resource(self, resource_key: int, *, timeout: timedelta | None = None) -> None:
        """Delete a process definition, decision requirements or form by its key.

        Raises:
            NotFound: No such resource.
            InvalidState: Instances of it are running.
        """
        await self.call(ask.DeleteResource(resource_key=resource_key), timeout)

    # ---- process instances

    async def create_process_instance(
        self,
        process_definition_id: str = "",
        variables: VariableSource | None = None,
        *,
        version: int = -1,
        process_definition_key: int = 0,
        start_at: Sequence[str] = (),
        tags: Sequence[str] = (),
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
    ) -> results.ProcessInstance:
        """Start an instance, by the BPMN process id or by the key of one version.

        Args:
            version: Negative for the latest.
            start_at: Ids of elements to start at instead of the start event.

        Raises:
            NotFound: No such process.
        """
        request = self._create(
            process_definition_id, variables, version, process_definition_key, start_at, tags, tenant_id
        )
        return await self.call(request, timeout)

    async def create_process_instance_with_result(
        self,
        process_definition_id: str = "",
        variables: VariableSource | None = None,
        *,
        version: int = -1,
        process_definition_key: int = 0,
        start_at: Sequence[str] = (),
        tags: Sequence[str] = (),
        fetch_variables: Sequence[str] = (),
        tenant_id: str | None = None,
        timeout: timedelta = RESULT_TIMEOUT,
    ) -> results.ProcessInstanceResult:
        """Start an instance and wait until it has completed.

        Args:
            fetch_variables: Names to return; none for all.
            timeout: How long to wait for the end.

        Raises:
            NotFound: No such process.
            DeadlineExceeded: It has not completed in time; it lives on.
        """
        create = self._create(
            process_definition_id, variables, version, process_definition_key, start_at, tags, tenant_id
        )
        request = ask.CreateProcessInstanceWithResult(
            create=create, request_timeout_ms=to_ms(timeout), fetch_variables=_names(fetch_variables)
        )
        # The engine ends the wait itself; the deadline of the wire is only for an engine that is gone.
        return await self.call(request, timeout + self.settings.timeout)

    def _create(
        self,
        process_definition_id: str,
        variables: VariableSource | None,
        version: int,
        process_definition_key: int,
        start_at: Sequence[str],
        tags: Sequence[str],
        tenant_id: str | None,
    ) -> ask.CreateProcessInstance:
        return ask.CreateProcessInstance(
            process_definition_id=process_definition_id,
            version=version,
            process_definition_key=process_definition_key,
            variables=encode_variables(variables),
            start_at=_names(start_at),
            tenant_id=self._tenant(tenant_id),
            tags=_names(tags),
        )

    async def cancel_process_instance(self, process_instance_key: int, *, timeout: timedelta | None = None) -> None:
        """Terminate an instance.

        Raises:
            NotFound: It does not exist or has ended.
            InvalidState: Another instance has called it.
        """
        await self.call(ask.CancelProcessInstance(process_instance_key=process_instance_key), timeout)

    async def modify_process_instance(
        self,
        process_instance_key: int,
        *,
        activate: Iterable[str | ask.ActivateElement] = (),
        terminate: Iterable[int] = (),
        timeout: timedelta | None = None,
    ) -> None:
        """Begin and terminate elements of a running instance.

        Args:
            activate: Element ids, or `activate_element(...)` with variables and a scope.
            terminate: Keys of element instances.
        """
        request = ask.ModifyProcessInstance(
            process_instance_key=process_instance_key,
            activate=tuple(
                ask.ActivateElement(element_id=item) if isinstance(item, str) else item for item in activate
            ),
            terminate=tuple(terminate),
        )
        await self.call(request, timeout)

    async def migrate_process_instance(
        self,
        process_instance_key: int,
        target_process_definition_key: int,
        mappings: Mapping[str, str],
        *,
        timeout: timedelta | None = None,
    ) -> None:
        """Move a running instance to another definition.

        Args:
            mappings: Element id in the present definition to element id in the target, for each active element.
        """
        request = ask.MigrateProcessInstance(
            process_instance_key=process_instance_key,
            target_process_definition_key=target_process_definition_key,
            mappings=tuple(mappings.items()),
        )
        await self.call(request, timeout)

    async def set_variables(
        self,
        element_instance_key: int,
        variables: VariableSource,
        *,
        local: bool = False,
        timeout: timedelta | None = None,
    ) -> None:
        """Set variables of a process instance or element instance.

        Args:
            local: In exactly this scope; else each variable goes to the nearest scope that has it, or to the process
                instance.
        """
        request = ask.SetVariables(
            element_instance_key=element_instance_key, variables=encode_variables(variables), local=local
        )
        await self.call(request, timeout)

    async def resolve_incident(self, incident_key: int, *, timeout: timedelta | None = None) -> None:
        """Try again what has raised an incident. Give a job retries first, see `update_job_retries`.

        Raises:
            NotFound: No such incident, or its job has no retries.
        """
        await self.call(ask.ResolveIncident(incident_key=incident_key), timeout)

    # ---- messages, signals, decisions

    async def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: VariableSource | None = None,
        *,
        time_to_live: timedelta = MESSAGE_TIME_TO_LIVE,
        message_id: str = "",
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
    ) -> results.PublishedMessage:
        """Publish a message.

        Args:
            time_to_live: How long it waits for somebody who wants it; zero for not at all.
            message_id: A second message of the same name, correlation key and id is refused while the first waits.

        Raises:
            AlreadyExists: See `message_id`.
        """
        request = ask.PublishMessage(
            name=name,
            correlation_key=correlation_key,
            time_to_live_ms=to_ms(time_to_live),
            message_id=message_id,
            variables=encode_variables(variables),
            tenant_id=self._tenant(tenant_id),
        )
        return await self.call(request, timeout)

    async def correlate_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: VariableSource | None = None,
        *,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
    ) -> results.CorrelatedMessage:
        """Publish a message that has to reach an instance at once. Always over REST.

        Raises:
            NotFound: Nobody waits for it.
        """
        request = ask.CorrelateMessage(
            name=name,
            correlation_key=correlation_key,
            variables=encode_variables(variables),
            tenant_id=self._tenant(tenant_id),
        )
        return await self.call(request, timeout)

    async def broadcast_signal(
        self,
        signal_name: str,
        variables: VariableSource | None = None,
        *,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
    ) -> results.BroadcastSignal:
        """Broadcast a signal to all who wait for it now."""
        request = ask.Broadcast(
            signal_name=signal_name, variables=encode_variables(variables), tenant_id=self._tenant(tenant_id)
        )
        return await self.call(request, timeout)

    async def evaluate_decision(
        self,
        decision_definition_id: str = "",
        variables: VariableSource | None = None,
        *,
        decision_definition_key: int = 0,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
    ) -> results.DecisionResult:
        """Evaluate a decision: the latest version by id, or one version by key.

        An evaluation that fails is no error of the request: see `failure_message` of the result.

        Raises:
            InvalidArgument: No such decision.
        """
        request = ask.EvaluateDecision(
            decision_definition_id=decision_definition_id,
            decision_definition_key=decision_definition_key,
            variables=encode_variables(variables),
            tenant_id=self._tenant(tenant_id),
        )
        return await self.call(request, timeout)

    # ---- jobs; a `Worker` does all of this by itself

    async def activate_jobs(
        self,
        job_type: str,
        *,
        max_jobs: int = 32,
        timeout: timedelta = JOB_TIMEOUT,
        worker: str = "kiang",
        fetch_variables: Sequence[str] = (),
        request_timeout: timedelta | None = None,
        tenant_ids: Sequence[str] = (),
    ) -> list[Job]:
        """Take jobs of a type.

        Args:
            timeout: How long they belong to this worker.
            fetch_variables: Names of the variables to get; none for all.
            request_timeout: How long to wait for the first job; None for the gateway's default (10 s), zero for not at
                all.

        Returns:
            The jobs, oldest first; none if there were none in time.
        """
        request = ask.ActivateJobs(
            job_type=job_type,
            worker=worker,
            timeout_ms=to_ms(timeout),
            max_jobs=max_jobs,
            fetch_variables=_names(fetch_variables),
            tenant_ids=_names(tenant_ids) or self.settings.worker_tenant_ids,
            request_timeout_ms=0 if request_timeout is None else to_ms(request_timeout) or -1,
        )
        return await self.poll(request)

    async def poll(self, request: ask.ActivateJobs) -> list[Job]:
        """`activate_jobs` for a request that is made already."""
        wait = timedelta(milliseconds=max(request.request_timeout_ms, 0)) or LONG_POLL_DEFAULT
        return await self.call(request, wait + LONG_POLL_GRACE)

    def stream_jobs(
        self,
        job_type: str,
        *,
        timeout: timedelta = JOB_TIMEOUT,
        worker: str = "kiang",
        fetch_variables: Sequence[str] = (),
        tenant_ids: Sequence[str] = (),
    ) -> JobStream:
        """Get jobs as they become activatable: `async for job in client.stream_jobs("x")`. Only over gRPC.

        The original engine does not stream jobs that were waiting before: take those with `activate_jobs`.
        """
        request = ask.StreamJobs(
            job_type=job_type,
            worker=worker,
            timeout_ms=to_ms(timeout),
            fetch_variables=_names(fetch_variables),
            tenant_ids=_names(tenant_ids) or self.settings.worker_tenant_ids,
        )
        return self.open_stream(request)

    async def complete_job(
        self,
        job: Job | int,
        variables: VariableSource | None = None,
        *,
        result: JobResult | None = None,
        timeout: timedelta | None = None,
    ) -> None:
        """Complete a job, given itself or by its key.

        Args:
            result: Of a task listener or an ad-hoc sub-process; its own `variables` are used if there are no others.

        Raises:
            NotFound: It was completed or cancelled, by whomever.
            InvalidState: It has failed.
        """
        if variables is None and result is not None:
            variables = result.variables
        request = ask.CompleteJob(job_key=_key(job), variables=encode_variables(variables), result=result)
        await self.call(request, timeout)

    async def fail_job(
        self,
        job: Job | int,
        *,
        retries: int,
        error_message: str = "",
        retry_backoff: timedelta = timedelta(0),
        variables: VariableSource | None = None,
        timeout: timedelta | None = None,
    ) -> None:
        """Fail a job.

        Args:
            retries: What remains, absolute; zero raises an incident.
            retry_backoff: How long the job rests.
            variables: Set in the element's own scope.
        """
        request = ask.FailJob(
            job_key=_key(job),
            retries=retries,
            error_message=error_message,
            retry_backoff_ms=to_ms(retry_backoff),
            variables=encode_variables(variables),
        )
        await self.call(request, timeout)

    async def throw_error(
        self,
        job: Job | int,
        error_code: str,
        error_message: str = "",
        variables: VariableSource | None = None,
        *,
        timeout: timedelta | None = None,
    ) -> None:
        """Throw a BPMN error from a job. If nothing catches it, there is an incident; that is no error of the request."""
        request = ask.ThrowError(
            job_key=_key(job),
            error_code=error_code,
            error_message=error_message,
            variables=encode_variables(variables),
        )
        await self.call(request, timeout)

    async def update_job_retries(self, job: Job | int, retries: int, *, timeout: timedelta | None = None) -> None:
        """Set the retries of a job, at least one."""
        await self.call(ask.UpdateJobRetries(job_key=_key(job), retries=retries), timeout)

    async def update_job_timeout(
        self, job: Job | int, remaining: timedelta, *, timeout: timedelta | None = None
    ) -> None:
        """Set the time that the worker has left for a job, counted from now."""
        await self.call(ask.UpdateJobTimeout(job_key=_key(job), timeout_ms=to_ms(remaining)), timeout)

    # ---- user tasks and the clock, always over REST

    async def complete_user_task(
        self,
        user_task_key: int,
        variables: VariableSource | None = None,
        *,
        action: str = "",
        timeout: timedelta | None = None,
    ) -> None:
        """Complete a user task.

        Raises:
            NotFound: It does not exist, or has ended.
            InvalidState: A listener denies it; the message says why.
        """
        request = ask.CompleteUserTask(
            user_task_key=user_task_key, variables=encode_variables(variables), action=action
        )
        await self.call(request, timeout)

    async def assign_user_task(
        self,
        user_task_key: int,
        assignee: str,
        *,
        allow_override: bool = True,
        action: str = "",
        timeout: timedelta | None = None,
    ) -> None:
        """Give a user task to somebody; "" takes it from whoever has it.

        Raises:
            InvalidState: Somebody else has it and `allow_override` is False.
        """
        request = ask.AssignUserTask(
            user_task_key=user_task_key, assignee=assignee, allow_override=allow_override, action=action
        )
        await self.call(request, timeout)

    async def update_user_task(
        self, user_task_key: int, changes: Corrections, *, action: str = "", timeout: timedelta | None = None
    ) -> None:
        """Change due date, follow-up date, candidates or priority of a user task."""
        await self.call(ask.UpdateUserTask(user_task_key=user_task_key, changes=changes, action=action), timeout)

    async def pin_clock(self, at: datetime, *, timeout: timedelta | None = None) -> None:
        """Have the engine's clock stand still at an instant: timers, time-outs and back-offs follow it. For tests."""
        await self.call(ask.PinClock(at_ms=round(at.timestamp() * 1000)), timeout)

    async def reset_clock(self, *, timeout: timedelta | None = None) -> None:
        """Have the engine's clock run with the machine's again."""
        await self.call(ask.PinClock(at_ms=None), timeout)

    # ---- searches, always over REST

    async def search(
        self,
        kind: type[FoundT],
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - the word of REST v2
        *,
        limit: int = SEARCH_LIMIT,
        after: str = "",
        newest_first: bool = False,
        timeout: timedelta | None = None,
    ) -> results.Page[FoundT]:
        """Search entities of one kind, finished ones too.

        Args:
            kind: `FoundProcessInstance`, `FoundJob`, `FoundIncident`, `FoundElementInstance`, `FoundUserTask`,
                `FoundVariable` or `FoundProcessDefinition`.
            filter: As in REST v2: field names (camel case) to values or to operators such as `{"$like": "order*"}`.
            limit: Items on the page.
            after: `end_cursor` of the page before.

        Raises:
            InvalidArgument: The filter names a field that does not exist.
        """
        entities = entities_of(kind)
        request = ask.Search(
            entities=entities.path, query=entities.query(filter or {}, limit, after, newest_first=newest_first)
        )
        return decode_page(await self.call(request, timeout), kind)

    async def process_definition_xml(self, process_definition_key: int, *, timeout: timedelta | None = None) -> bytes:
        """The BPMN file of a process definition. Always over REST.

        Raises:
            NotFound: No such process definition.
        """
        return await self.call(ask.GetProcessDefinitionXml(process_definition_key=process_definition_key), timeout)

    # ---- how requests travel

    async def call(self, request: Request[ResultT], timeout: timedelta | None = None) -> ResultT:
        """Execute any request, with repetitions where they are safe. The methods above are the comfortable form."""
        timeout_s = self._timeout_s if timeout is None else timeout.total_seconds()
        transport = self._transport(request)
        try:
            return await transport.call(request, timeout_s=timeout_s)
        except ClientError as error:
            if not may_repeat(request.REPEAT, error):
                raise
            last = error
        deadline = asyncio.get_running_loop().time() + timeout_s
        for delay in self._retries.delays():
            remaining = deadline - asyncio.get_running_loop().time() - delay
            if remaining <= 0:
                break
            await asyncio.sleep(delay)
            try:
                return await transport.call(request, timeout_s=remaining)
            except ClientError as error:
                if not may_repeat(request.REPEAT, error):
                    raise
                last = error
        raise last

    def open_stream(self, request: ask.StreamJobs) -> JobStream:
        """Open a stream of jobs. See `stream_jobs`.

        Raises:
            Unimplemented: The commands of this client travel over REST, which has no streams.
        """
        return self._transport(request).stream(request)

    def _transport(self, request: object) -> Transport:
        if self._given is not None:
            return self._given
        wire = Wire.REST if isinstance(request, _REST_ONLY) else self.settings.wire
        transport = self._transports.get(wire)
        if transport is None:
            transport = self._transports[wire] = _open(wire, self.settings)
        return transport

    def _tenant(self, tenant_id: str | None) -> str:
        return self.settings.tenant_id if tenant_id is None else tenant_id


_REST_ONLY = (
    ask.Administer,
    ask.Search,
    ask.CorrelateMessage,
    ask.GetProcessDefinitionXml,
    ask.CompleteUserTask,
    ask.AssignUserTask,
    ask.UpdateUserTask,
    ask.PinClock,
)
"""What the gateway protocol of gRPC does not have."""


def activate_element(
    element_id: str,
    variables: VariableSource | None = None,
    *,
    scoped_variables: Mapping[str, VariableSource] | None = None,
    ancestor_element_instance_key: int = 0,
) -> ask.ActivateElement:
    """An instruction for `modify_process_instance`.

    Args:
        variables: Of the process instance.
        scoped_variables: Element id to variables of its scope.
        ancestor_element_instance_key: The scope to begin in, where there are several.
    """
    pairs = [] if variables is None else [("", encode_variables(variables))]
    pairs.extend((scope, encode_variables(values)) for scope, values in (scoped_variables or {}).items())
    return ask.ActivateElement(
        element_id=element_id,
        variables=tuple(pairs),
        ancestor_element_instance_key=ancestor_element_instance_key,
    )


def to_ms(duration: timedelta) -> int:
    """Whole milliseconds."""
    return round(duration.total_seconds() * 1000)


def _open(wire: Wire, settings: ClientSettings) -> Transport:
    # Imported here: a program that speaks one wire does not pay for the other's libraries.
    if wire is Wire.REST:
        from kiang.client.rest import RestTransport  # noqa: PLC0415

        return RestTransport(settings)
    from kiang.client.connection import connection_to  # noqa: PLC0415
    from kiang.client.grpc import GrpcTransport  # noqa: PLC0415

    return GrpcTransport(connection_to(settings), settings.credentials)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InvalidArgument(f"Expected a sequence of names, but got the text {names!r}.")
    return tuple(names)


def _key(job: Job | int) -> int:
    return job if isinstance(job, int) else job.key
