"""Webhook connector: an HTTP call starts or continues a process."""

from kiang.connectors.webhook.connector import WebhookConnector

__all__ = ["WebhookConnector"]
