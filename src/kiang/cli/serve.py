"""`kiang serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kiang.cli.duration import FOREVER, milliseconds, parse_duration
from kiang.cli.failure import CommandError, ExitStatus


def serve(
    data: Annotated[
        Path, typer.Option("--data", envvar="KIANG_DATA", help="Folder of the state; made if it is not there.")
    ] = Path("kiang-data"),
    in_memory: Annotated[
        bool, typer.Option("--in-memory", help="Keep the state in memory: it is gone when the engine ends.")
    ] = False,
    host: Annotated[
        str,
        typer.Option("--host", envvar="KIANG_HOST", help="Address to listen at; 0.0.0.0 for all of this machine."),
    ] = "127.0.0.1",
    grpc_port: Annotated[
        int, typer.Option("--grpc-port", envvar="KIANG_GRPC_PORT", min=0, max=65535, help="0 for a free one.")
    ] = 26500,
    rest_port: Annotated[
        int, typer.Option("--rest-port", envvar="KIANG_REST_PORT", min=0, max=65535, help="0 for a free one.")
    ] = 8080,
    management_port: Annotated[
        int,
        typer.Option(
            "--management-port",
            envvar="KIANG_MANAGEMENT_PORT",
            min=0,
            max=65535,
            help="Health and metrics; 0 for a free one.",
        ),
    ] = 9600,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert", envvar="KIANG_TLS_CERT", exists=True, dir_okay=False, help="Certificate chain, PEM."
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", envvar="KIANG_TLS_KEY", exists=True, dir_okay=False, help="Its key, PEM."),
    ] = None,
    controlled_clock: Annotated[
        bool,
        typer.Option("--controlled-clock", help="Let clients turn the clock (PUT /v2/clock), for tests of processes."),
    ] = False,
    auth: Annotated[
        str,
        typer.Option(
            "--auth",
            envvar="KIANG_AUTH",
            metavar="none|basic|oidc",
            help="Who is let in: everybody; users with a password; whoever has a token of a provider.",
            rich_help_panel="Identity",
        ),
    ] = "none",
    authorizations: Annotated[
        bool,
        typer.Option(
            "--authorizations/--no-authorizations",
            envvar="KIANG_AUTHORIZATIONS",
            help="With --auth: everybody may do what they are granted; or everybody who is let in may do everything.",
            rich_help_panel="Identity",
        ),
    ] = True,
    multi_tenancy: Annotated[
        bool,
        typer.Option(
            "--multi-tenancy",
            envvar="KIANG_MULTI_TENANCY",
            help="With --auth: several tenants, each caller sees those that it is assigned to.",
            rich_help_panel="Identity",
        ),
    ] = False,
    oidc_issuer: Annotated[
        str,
        typer.Option(
            "--oidc-issuer", envvar="KIANG_OIDC_ISSUER", help="Address of the provider.", rich_help_panel="Identity"
        ),
    ] = "",
    oidc_audience: Annotated[
        str,
        typer.Option(
            "--oidc-audience",
            envvar="KIANG_OIDC_AUDIENCE",
            help="Whom tokens must be for; empty for anybody.",
            rich_help_panel="Identity",
        ),
    ] = "",
    oidc_jwks_url: Annotated[
        str,
        typer.Option(
            "--oidc-jwks-url",
            envvar="KIANG_OIDC_JWKS_URL",
            help="Where its keys are; empty to ask the provider.",
            rich_help_panel="Identity",
        ),
    ] = "",
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets",
            envvar="KIANG_SECRETS",
            help="With --auth: whoever has the permission SECRET REVEAL may ask for the secrets that connectors get.",
            rich_help_panel="Identity",
        ),
    ] = False,
    queue_limit: Annotated[
        int,
        typer.Option(
            "--queue-limit", min=1, help="Commands that may wait; more are refused at once.", rich_help_panel="Limits"
        ),
    ] = 2_000,
    long_poll_limit: Annotated[
        int, typer.Option("--long-poll-limit", min=1, help="Requests that may wait for jobs.", rich_help_panel="Limits")
    ] = 10_000,
    stream_limit: Annotated[
        int, typer.Option("--stream-limit", min=1, help="Job streams that may be open.", rich_help_panel="Limits")
    ] = 10_000,
    data_limit_mb: Annotated[
        int,
        typer.Option(
            "--data-limit",
            min=0,
            metavar="MB",
            help="Size of the data; 0 for what the disk holds.",
            rich_help_panel="Limits",
        ),
    ] = 0,
    retention: Annotated[
        str,
        typer.Option(
            "--retention",
            envvar="KIANG_RETENTION",
            metavar="DURATION",
            help="Keep process instances so long after their end: 12h, 30d, forever.",
            rich_help_panel="What is kept",
        ),
    ] = FOREVER,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit/--no-audit",
            envvar="KIANG_AUDIT",
            help="Keep an audit log of who has done what.",
            rich_help_panel="Audit log",
        ),
    ] = True,
    audit_users: Annotated[
        str,
        typer.Option(
            "--audit-users",
            envvar="KIANG_AUDIT_USERS",
            metavar="WHAT",
            help="What is noted of people: all, none, categories (ADMIN, DEPLOYED_RESOURCES, USER_TASKS), types of entities;"
            " with a minus in front to leave one out: all,-JOB.",
            rich_help_panel="Audit log",
        ),
    ] = "all",
    audit_clients: Annotated[
        str,
        typer.Option(
            "--audit-clients",
            envvar="KIANG_AUDIT_CLIENTS",
            metavar="WHAT",
            help="What is noted of programs; with --auth none, of instances, jobs, variables and decisions over gRPC.",
            rich_help_panel="Audit log",
        ),
    ] = "none",
    audit_anonymous: Annotated[
        str,
        typer.Option(
            "--audit-anonymous",
            envvar="KIANG_AUDIT_ANONYMOUS",
            metavar="WHAT",
            help="With --auth none: what is noted of everything else.",
            rich_help_panel="Audit log",
        ),
    ] = "all,-JOB",
    audit_retention: Annotated[
        str,
        typer.Option(
            "--audit-retention",
            envvar="KIANG_AUDIT_RETENTION",
            metavar="DURATION",
            help="Keep entries so long, and as long as their process instance is kept; empty for as long as --retention says.",
            rich_help_panel="Audit log",
        ),
    ] = "",
    log_retention: Annotated[
        str,
        typer.Option(
            "--log-retention",
            envvar="KIANG_LOG_RETENTION",
            metavar="DURATION",
            help="Keep the record log so long, and until every exporter has read it.",
            rich_help_panel="What is kept",
        ),
    ] = "7d",
    export: Annotated[
        list[str] | None,
        typer.Option(
            "--export",
            envvar="KIANG_EXPORT",
            metavar="TARGET",
            help="Export the record log to jsonl:FILE or kafka://HOST:PORT/TOPIC; may be given several times.",
            rich_help_panel="What is kept",
        ),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--documents",
            envvar="KIANG_DOCUMENTS",
            metavar="[ID=]TARGET",
            help="Keep documents in s3://BUCKET/PREFIX, folder:PATH or memory: instead of the data folder; may be given several"
            " times, the first takes what names no store.",
            rich_help_panel="What is kept",
        ),
    ] = None,
    backups: Annotated[
        Path | None,
        typer.Option(
            "--backups",
            envvar="KIANG_BACKUPS",
            metavar="FOLDER",
            help="Let clients take backups, into this folder (POST /v2/backups/runtime).",
            rich_help_panel="What is kept",
        ),
    ] = None,
    grace: Annotated[
        float, typer.Option("--grace", min=0.0, metavar="SECONDS", help="For open requests at the end.")
    ] = 5.0,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.")
    ] = "INFO",
) -> None:
    """Run the engine until Ctrl-C or SIGTERM.

    It answers gRPC on 26500 and REST on 8080 as Camunda 8 does, so every client of it works unchanged; health and metrics are
    on 9600. Everything lies in one folder; kill it at any time: what was acknowledged is there when it starts again.

    With --auth basic, the variables KIANG_ADMIN_USERNAME and KIANG_ADMIN_PASSWORD make the first user, an administrator; with
    --auth oidc, KIANG_ADMIN_USERS and KIANG_ADMIN_CLIENTS name the first administrators among those of the provider.

    Documents lie in the data folder, or with --documents in a bucket: s3://BUCKET/PREFIX?region=eu-central-1, and &endpoint=URL for
    another service than Amazon's; its credentials come from where the AWS SDK looks for them.

    Who has done what is in the audit log (`kiang audit`). Programs are left out, which start instances and complete jobs by the
    thousand, unless --audit-clients says otherwise.

    Nothing is ever forgotten unless --retention says so, except the record log, which is kept for a week. --export hands that log
    on, each record at least once and in order.

    Example: kiang serve --data /var/lib/kiang --host 0.0.0.0
    """
    if (tls_cert is None) != (tls_key is None):
        raise CommandError(
            "Expected --tls-cert and --tls-key together, but one of them is missing.", status=ExitStatus.USAGE
        )
    from kiang.broker.housekeeping import Retention  # noqa: PLC0415 - `--help` does without
    from kiang.cli import logs  # noqa: PLC0415 - `--help` does without
    from kiang.cli.engine_process import EngineSettings, run_engine  # noqa: PLC0415 - as above
    from kiang.gateway.auth.audit import SILENT, AuditSettings, parse_entities  # noqa: PLC0415 - as above

    history_kept = parse_duration("--retention", retention)
    audit_kept = parse_duration("--audit-retention", audit_retention) if audit_retention else history_kept
    audited = AuditSettings(
        parse_entities("--audit-users", audit_users),
        parse_entities("--audit-clients", audit_clients),
        parse_entities("--audit-anonymous", audit_anonymous),
    )
    log_kept = parse_duration("--log-retention", log_retention)
    logs.configure(log_level)
    run_engine(
        EngineSettings(
            data=None if in_memory else data,
            host=host,
            grpc_port=grpc_port,
            rest_port=rest_port,
            management_port=management_port,
            tls=None if tls_cert is None or tls_key is None else (str(tls_cert), str(tls_key)),
            controlled_clock=controlled_clock,
            auth=auth,
            authorizations=authorizations,
            multi_tenancy=multi_tenancy,
            oidc_issuer=oidc_issuer,
            oidc_audience=oidc_audience,
            oidc_jwks_url=oidc_jwks_url,
            queue_limit=queue_limit,
            long_poll_limit=long_poll_limit,
            stream_limit=stream_limit,
            data_limit_mb=data_limit_mb,
            grace_s=grace,
            retention=Retention(milliseconds(history_kept), milliseconds(log_kept), milliseconds(audit_kept)),
            audit=audited if audit else SILENT,
            exports=tuple(export or ()),
            documents=tuple(documents or ()),
            backups=backups,
            secrets=secrets,
        )
    )
