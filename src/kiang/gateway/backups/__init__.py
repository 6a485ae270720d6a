"""Backups that clients ask for, kept in a folder of the operator's."""
