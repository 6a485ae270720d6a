"""One job of an outbound connector, from its activation to the command that ends it.

The order is that of the original runtime: back-off header, expressions parsed, the connector, result expression, size, error expression,
one outcome. Nothing of an engine is in here.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kiang.connector_runtime import expression
from kiang.connector_runtime.duration import parse_duration
from kiang.connector_runtime.outcome import Completed, ErrorThrown, Failed, Outcome
from kiang.connector_runtime.settings import OUTPUT_SIZE_MAX_BYTES, Settings
from kiang.connector_sdk.binding import Binder, ConnectorInput, ContentNeeded
from kiang.connector_sdk.deadline import OutOfTimeError, within
from kiang.connector_sdk.document import DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.execution import Call
from kiang.connector_sdk.outbound import JobInfo, Messages, OutboundConnector, OutboundContext, Resources
from kiang.connector_sdk.secret import SecretProvider, SecretRules, StaticSecrets
from kiang.connector_sdk.tracing import job_outcome, job_span
from kiang.errors import ConnectorError, ConnectorInputError, ConnectorRetryError, JobError

RESULT_VARIABLE = "resultVariable"
RESULT_EXPRESSION = "resultExpression"
ERROR_EXPRESSION = "errorExpression"
RETRY_BACKOFF = "retryBackoff"
JOB_TIMEOUT = "jobTimeout"
RETRIES_MAX = 2**31 - 1
"""What the engine can count."""

_SECONDS = re.compile(r"-?\d{1,9}(\.\d{1,9})?")

FORBIDDEN_IN_RESULT = "camunda.function.type"
CALL_TIMEOUT = "CALL_TIMEOUT"
"""Error code of a connector that did not end."""


class HeaderError(ConnectorInputError):
    """A header of the runtime is no duration that can be used: the job is not run, now or later."""


class BackoffError(HeaderError):
    """The header `retryBackoff` is no duration."""

    def __init__(self, found: str) -> None:
        super().__init__(f"Failed to parse retry backoff header. Expected ISO-8601 duration, e.g. PT5M, got: {found}")


@dataclass
class OutboundRunner:
    """Runs jobs of connectors; one per runtime.

    Attributes:
        secrets: Where secrets come from.
        resources: Shared by all connectors; closed with the runtime.
        messages: For connectors that send messages to the engine.
    """

    secrets: SecretProvider = field(default_factory=lambda: StaticSecrets({}))
    settings: Settings = field(default_factory=Settings)
    documents: DocumentStore = field(default_factory=MemoryDocumentStore)
    resources: Resources = field(default_factory=Resources)
    messages: Messages | None = None

    async def run(
        self,
        connector: OutboundConnector,
        job: JobInfo,
        variables: Mapping[str, Any],
        allowed_secrets: frozenset[str] | None = None,
    ) -> Outcome:
        """The outcome of one job; never raises but for a cancelled task.

        Args:
            connector: Of the job's type.
            job: The job; `retries` is what is left before this attempt.
            variables: Its input, as JSON.
            allowed_secrets: Names of secrets that the element's inputs write down; None if that is not known.
        """
        is_strict = self.settings.secret_filter == "strict"  # noqa: S105 - a word, no password
        rules = SecretRules(self.settings.bare_secrets, allowed_secrets if is_strict else None)
        context = OutboundContext(job, documents=self.documents, resources=self.resources, messages=self.messages)
        call = Call(connector, variables, job.headers, context, self.secrets, rules)
        with job_span(job, variables) as span:
            outcome = await _Attempt(self, job, call).run()
            job_outcome(span, type(outcome).__name__, is_error=not isinstance(outcome, Completed))
        return outcome


class _Attempt:
    """One attempt at one job."""

    def __init__(self, runner: OutboundRunner, job: JobInfo, call: Call) -> None:
        self.settings = runner.settings
        self.documents = runner.documents
        self.job = job
        self.call = call
        self.backoff_ms = 0
        self.seconds_max: float | None = None

    async def run(self) -> Outcome:
        response: Any = None
        try:
            self.backoff_ms = self._backoff_header()
            self.seconds_max = self._timeout_header()
            self._parse_expressions()
            response = await self._response()
            variables = await self._output(response)
        except Exception as error:  # noqa: BLE001 - whatever a connector raises ends its job
            failure = self._failure(error)
            return self._after_error_expression(failure, {"error": failure.variables["error"]}, error)
        size = len(json.dumps(variables, ensure_ascii=False).encode())
        if size > OUTPUT_SIZE_MAX_BYTES:
            failure = self._failure(_too_large(size))
            return self._after_error_expression(failure, {"error": failure.variables["error"]}, None)
        return self._after_error_expression(Completed(variables), self._success_context(response, variables), None)

    async def _response(self) -> Any:
        limit = self.seconds_max
        if limit is None:
            return await self.call.run()
        try:
            return await within(limit, self.call.run())
        except OutOfTimeError:
            raise ConnectorError(CALL_TIMEOUT, f"The connector has not ended within {limit:g} s") from None

    def _backoff_header(self) -> int:
        header = self.job.headers.get(RETRY_BACKOFF, "")
        if not header:
            return 0
        duration = parse_duration(header)
        if duration is None or duration < timedelta(0):
            raise BackoffError(header)
        return int(duration.total_seconds() * 1000)

    def _timeout_header(self) -> float | None:
        """Seconds that the attempt may take: by then the original has the engine hand the job to somebody else, here it fails."""
        header = self.job.headers.get(JOB_TIMEOUT, "")
        if not header.strip():
            return self.settings.call_seconds_max
        duration = parse_duration(header)
        if duration is None:
            raise HeaderError(
                f"Failed to parse job timeout header. Expected ISO-8601 duration, e.g. PT10M, got: {header}"
            )
        if duration < timedelta(milliseconds=1):
            raise HeaderError(f"Job timeout must be a positive duration, got: {header}")
        return duration.total_seconds()

    def _parse_expressions(self) -> None:
        """Nothing is sent for a job whose result could not be used afterwards."""
        if not self.settings.parse_first:
            return
        for header in (RESULT_EXPRESSION, ERROR_EXPRESSION):
            source = self.job.headers.get(header, "")
            if source.strip():
                try:
                    expression.compiled(source)
                except expression.ExpressionError as error:
                    raise ConnectorInputError(f"The header {header} is no FEEL expression. {error}") from None

    async def _output(self, response: Any) -> dict[str, Any]:
        headers = self.job.headers
        if FORBIDDEN_IN_RESULT in json.dumps(response):
            raise ConnectorInputError(f"The connector result contains a forbidden literal '{FORBIDDEN_IN_RESULT}'.")
        variables: dict[str, Any] = {}
        name = headers.get(RESULT_VARIABLE, "")
        if name.strip():
            variables[name] = response
        source = headers.get(RESULT_EXPRESSION, "")
        if source.strip():
            nonce = expression.new_nonce()
            value = expression.evaluate(source, _names(response), nonce)
            if type(value) is list and len(value) == 1:
                value = value[0]  # as everywhere where one value is wanted
            if value is not None:
                if type(value) is not dict:
                    raise expression.ResultTypeError("Result expression", source, value)
                if value.get(expression.DOCUMENT_MARKER) == nonce:
                    raise ConnectorInputError(
                        "Result expression must not be a bare createDocument(...) call: wrap it inside a field."
                    )
                variables.update(await self._with_documents(value, nonce))
        return variables

    async def _with_documents(self, value: Any, nonce: str) -> Any:
        if type(value) is dict:
            if value.get(expression.DOCUMENT_MARKER) == nonce:
                content = base64.b64decode("".join(value["content"].split()))
                document = await self.call.context.create_document(
                    content, file_name=value["fileName"] or "", content_type=value["contentType"] or ""
                )
                return document.reference
            return {key: await self._with_documents(item, nonce) for key, item in value.items()}
        if type(value) is list:
            return [await self._with_documents(item, nonce) for item in value]
        return value

    def _success_context(self, response: Any, variables: dict[str, Any]) -> dict[str, Any]:
        if not variables:
            return _names(response)
        context = {**variables, "response": variables}
        if self.settings.raw_response_in_error_expression and isinstance(response, dict):
            context["response"] = {**response, **variables}
            context = {**response, **context}
        return context

    def _failure(self, error: Exception) -> Failed:
        retries, backoff_ms = self.job.retries - 1, self.backoff_ms
        code = ""
        details: dict[str, Any] = {}
        if isinstance(error, ConnectorRetryError):
            retries = retries if error.retries is None else error.retries
            if error.backoff is not None:
                backoff_ms = int(error.backoff.total_seconds() * 1000)
        if isinstance(error, HeaderError):
            retries, backoff_ms = 0, 0
        elif isinstance(error, ConnectorInputError) or isinstance(error.__cause__, ConnectorInputError):
            retries = 0
        if isinstance(error, ConnectorError):
            code, details = error.code, error.variables
            if isinstance(error, ConnectorInputError):
                code = "" if code == "CONNECTOR_INPUT_ERROR" else code
        elif isinstance(error, JobError):
            details = error.variables
            retries = retries if error.retries is None else error.retries
            backoff_ms = int(error.retry_backoff.total_seconds() * 1000) or backoff_ms
        message = expression.shortened(self.call.masked(str(error) if str(error) != code else ""))
        described: dict[str, Any] = {"type": _type_name(error), "message": message}
        if code:
            described["code"] = code
        if details:
            described["variables"] = self.call.masked(details) if self.settings.mask_everywhere else details
        return Failed(
            max(retries, 0), message or code or type(error).__name__, max(backoff_ms, 0), {"error": described}
        )

    def _after_error_expression(self, outcome: Outcome, context: dict[str, Any], error: Exception | None) -> Outcome:
        source = self.job.headers.get(ERROR_EXPRESSION, "")
        if not source.strip():
            return outcome
        names = {**context, "response": context.get("response", context), "job": {"retries": self.job.retries}}
        try:
            decision = expression.evaluate(source, names)
            if decision is None or decision == {}:
                return outcome
            if type(decision) is not dict:
                raise expression.ResultTypeError("Error expression", source, decision)
            return self._decided(decision, source, outcome)
        except ConnectorError as failed:
            return self._expression_failed(failed, outcome, error)

    def _decided(self, decision: dict[str, Any], source: str, outcome: Outcome) -> Outcome:
        kind = decision.get("errorType")
        decided = _bound(decision, source)
        variables = decision.get("variables") or {}
        message = decided.error_message or ""
        if self.settings.mask_everywhere:
            variables, message = self.call.masked(variables), self.call.masked(message)
        if len(json.dumps(variables, ensure_ascii=False).encode()) > OUTPUT_SIZE_MAX_BYTES:
            raise _too_large(len(json.dumps(variables).encode()))
        if kind == "bpmnError":
            code = decided.error_code
            return outcome if code is None else ErrorThrown(code, expression.shortened(message), variables)
        if kind == "jobError":
            retries = decided.retries
            if retries is None or abs(retries) > RETRIES_MAX:
                raise ConnectorInputError(
                    f"Expected the jobError of the error expression to have retries, a whole number. Expression: {source}"
                )
            backoff = _backoff(decided.retry_backoff or "PT0S", source)
            return Failed(
                max(retries, 0),
                expression.shortened(message),
                backoff // timedelta(milliseconds=1),
                {**variables, "error": message},
            )
        if kind == "ignoreError":
            return Completed(variables)
        raise ConnectorInputError(
            "Expected the error expression to give bpmnError(…), jobError(…), ignoreError(…), null or {}, but its "
            f"'errorType' was {json.dumps(kind)}. Expression: {source}"
        )

    def _expression_failed(self, failed: ConnectorError, outcome: Outcome, error: Exception | None) -> Outcome:
        """The error expression itself is wrong."""
        text = self.call.masked(str(failed))
        if isinstance(error, ConnectorInputError) and str(failed) in str(error):
            return outcome  # this is why the job has failed in the first place
        keeps = self.settings.keep_failure and not isinstance(failed, ConnectorInputError)
        if isinstance(outcome, Failed) and keeps:
            message = f"{outcome.message} The error expression failed too: {text}"
            described = {**outcome.variables["error"], "message": expression.shortened(message)}
            return Failed(outcome.retries, expression.shortened(message), outcome.backoff_ms, {"error": described})
        described = {"type": _type_name(failed), "message": expression.shortened(text)}
        return Failed(0, expression.shortened(text), 0, {"error": described})


class _Decision(ConnectorInput):
    """What an error expression gives, with the coercions of every input: `retries: "2"` is 2."""

    error_code: str | None = None
    error_message: str | None = None
    variables: dict[str, Any] | None = None
    retries: int | None = None
    retry_backoff: str | None = None


def _bound(decision: dict[str, Any], source: str) -> _Decision:
    try:
        bound: _Decision = Binder().bind(decision, _Decision)
    except (ConnectorInputError, ContentNeeded) as error:
        raise ConnectorInputError(
            f"The error expression gives no valid bpmnError, jobError or ignoreError. {error} Expression: {source}"
        ) from None
    return bound


def _backoff(text: str, source: str) -> timedelta:
    """A duration, or a number of seconds."""
    duration = timedelta(seconds=float(text)) if _SECONDS.fullmatch(text) else parse_duration(text)
    if duration is None:
        raise ConnectorInputError(
            f"Expected the retryBackoff of the error expression to be a duration, but was '{text}'. Expression: {source}"
        )
    return duration


def _names(response: Any) -> dict[str, Any]:
    """What a result expression sees: the fields of the response, and all of it as `response`."""
    return {**response, "response": response} if isinstance(response, dict) else {"response": response}


def _type_name(error: Exception) -> str:
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}"


def _too_large(size_bytes: int) -> ConnectorInputError:
    return ConnectorInputError(
        f"Output variables payload ({size_bytes} bytes) exceeds the limit of {OUTPUT_SIZE_MAX_BYTES} bytes. Map only what the process "
        "needs with the result expression, or store large content as a document."
    )
