"""Properties of the Slack webhook, as Camunda's templates name them (`inbound.…`)."""

from __future__ import annotations

from typing import Annotated

from kiang.connector_sdk import ConnectorInput, NotBlank
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.template import TemplateField

VERIFICATION = (
    '=if (body.type != null and body.type = "url_verification") '
    'then {body: {"challenge": body.challenge}, statusCode: 200} else null'
)
"""Answers the challenge with which Slack asks whether the address is ours."""


class Inbound(ConnectorInput):
    """Everything below `inbound.`."""

    context: Annotated[
        str,
        NotBlank(),
        TemplateField(
            label="Webhook ID",
            group="endpoint",
            feel="none",
            description="Last part of the address that is entered at Slack: /inbound/ID",
        ),
    ]
    slack_signing_secret: Annotated[
        str,
        NotBlank(),
        TemplateField(label="Slack signing secret", group="endpoint", feel="optional", secret=True),
    ]
    verification_expression: Annotated[
        FeelFunction, TemplateField(type="Hidden", group="endpoint", default=VERIFICATION, optional=True)
    ] = FeelFunction(VERIFICATION)


class SlackWebhookProperties(ConnectorInput):
    """The properties of one element."""

    inbound: Inbound
