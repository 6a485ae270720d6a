"""Kiang: process orchestration for Python."""
