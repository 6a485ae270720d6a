"""Slack webhook: events, slash commands and interactions of Slack start or continue a process."""

from kiang.connectors.slack_inbound.connector import SlackWebhook

__all__ = ["SlackWebhook"]
