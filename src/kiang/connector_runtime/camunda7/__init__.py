"""Camunda 7 as an engine of connectors and workers, through its external task REST API.

How a connector's job is made of an external task:

* The topic is the job type.
* The input parameters of the task (`camunda:inputParameter`) are the connector's input. A dot in a name nests: `authentication.type` and
  `authentication.token` make `{"authentication": {"type": …, "token": …}}`. By default only they are fetched, not the variables of
  the process around the task, so that nothing reaches a connector that its task does not name.
* The extension properties of the task (`camunda:property`) are the task headers: `resultVariable`, `resultExpression`, `errorExpression`,
  `retryBackoff`, `operation`. The property `retries` is how often a task is tried at first; Camunda 7 itself keeps no such number.
* What a failure leaves (`error`) becomes a local variable of the task; results become variables of the process.
"""

from kiang.connector_runtime.camunda7.port import ExternalTaskPort
from kiang.connector_runtime.camunda7.settings import Camunda7Settings

__all__ = ["Camunda7Settings", "ExternalTaskPort"]
