"""BPMN files: reading, validation, and the executable model."""
