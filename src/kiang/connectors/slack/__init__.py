"""Slack connector: messages, channels, reactions and pins."""

from kiang.connectors.slack.connector import slack

__all__ = ["slack"]
