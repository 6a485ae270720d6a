"""NoteOperations: entries of the audit log for what is no command of the engine."""

from __future__ import annotations

from kiang.engine.actions.audit import note
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.audit import NoteOperations


def note_operations(p: Processing, command: NoteOperations) -> Done:
    """Leave an entry for each."""
    for operation in command.operations:
        note(p, command.audit, operation)
    return Done()
