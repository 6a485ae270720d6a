"""Connector templates (element templates): made from a connector's model, checked, and applied to BPMN elements.

The format is the published one of `@camunda/zeebe-element-templates-json-schema`; what is generated is what a modeler reads.
"""

from kiang.element_templates.generate import template_of, templates_of

__all__ = ["template_of", "templates_of"]
