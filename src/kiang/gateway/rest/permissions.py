"""Which permission an operation takes that is neither a search nor a command: those are checked where they are carried out."""

from __future__ import annotations

from kiang.gateway.auth.access import Access
from kiang.gateway.auth.commands import require
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.searching import Single
from kiang.search.field import SearchResource

NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "pinClock": (("SYSTEM", "UPDATE"),),
    "resetClock": (("SYSTEM", "UPDATE"),),
    "getExportingStatus": (("EXPORTER", "READ"), ("SYSTEM", "READ")),
    "pauseExporting": (("EXPORTER", "PAUSE"), ("SYSTEM", "UPDATE")),
    "resumeExporting": (("EXPORTER", "PAUSE"), ("SYSTEM", "UPDATE")),
    "createDocument": (("DOCUMENT", "CREATE"),),
    "createDocuments": (("DOCUMENT", "CREATE"),),
    "getDocument": (("DOCUMENT", "READ"),),
    "createDocumentLink": (("DOCUMENT", "READ"),),
    "deleteDocument": (("DOCUMENT", "DELETE"),),
    "getFormByKey": (("RESOURCE", "READ"),),
    **{
        f"{operation}{caller}": (("BACKUP", permission),)
        for operation, permission in (
            ("takeRuntimeBackup", "CREATE"),
            ("takeHistoryBackup", "CREATE"),
            ("syncRuntimeBackupState", "CREATE"),
            ("listRuntimeBackups", "READ"),
            ("getRuntimeBackup", "READ"),
            ("getRuntimeBackupState", "READ"),
            ("listHistoryBackups", "READ"),
            ("getHistoryBackup", "READ"),
            ("deleteRuntimeBackup", "DELETE"),
            ("deleteRuntimeBackupState", "DELETE"),
            ("deleteHistoryBackup", "DELETE"),
            ("restore", "RESTORE"),
        )
        for caller in ("", "AsClusterAdmin")
    },
    "getRestoreStatus": (("BACKUP", "RESTORE"), ("BACKUP", "READ")),
    "changeClusterMode": (("SYSTEM", "UPDATE"),),
    "changeClusterModeAsClusterAdmin": (("SYSTEM", "UPDATE"),),
    "getClusterTopology": (("SYSTEM", "READ"),),
    "getClusterRebalance": (("SYSTEM", "READ"),),
    "triggerClusterRebalance": (("SYSTEM", "UPDATE"),),
    "cancelClusterRebalance": (("SYSTEM", "UPDATE"),),
    "getClusterExportingStatus": (("EXPORTER", "READ"), ("SYSTEM", "READ")),
    "pauseClusterExporting": (("EXPORTER", "PAUSE"), ("SYSTEM", "UPDATE")),
    "resumeClusterExporting": (("EXPORTER", "PAUSE"), ("SYSTEM", "UPDATE")),
    "evaluateExpression": (("EXPRESSION", "EVALUATE"),),
    "getBatchOperation": (("BATCH", "READ"),),
    "cancelBatchOperation": (("BATCH", "UPDATE"),),
    "suspendBatchOperation": (("BATCH", "UPDATE"),),
    "resumeBatchOperation": (("BATCH", "UPDATE"),),
    **{
        f"{name}BatchOperation": (("BATCH", "CREATE"), ("BATCH", f"CREATE_BATCH_OPERATION_{permission}"))
        for name, permission in (
            ("cancelProcessInstances", "CANCEL_PROCESS_INSTANCE"),
            ("deleteProcessInstances", "DELETE_PROCESS_INSTANCE"),
            ("deleteDecisionInstances", "DELETE_DECISION_INSTANCE"),
            ("resolveIncidents", "RESOLVE_INCIDENT"),
            ("suspendProcessInstances", "SUSPEND_PROCESS_INSTANCE"),
            ("resumeProcessInstances", "SUSPEND_PROCESS_INSTANCE"),
            ("migrateProcessInstances", "MIGRATE_PROCESS_INSTANCE"),
            ("modifyProcessInstances", "MODIFY_PROCESS_INSTANCE"),
            ("updateJobs", "UPDATE_JOB"),
        )
    },
    "createUser": (("USER", "CREATE"),),
    "getUsageMetrics": (("SYSTEM", "READ_USAGE_METRIC"), ("SYSTEM", "READ")),
    **dict.fromkeys(
        (
            "getGlobalJobStatistics",
            "getJobTypeStatistics",
            "getJobWorkerStatistics",
            "getJobTimeSeriesStatistics",
            "getJobErrorStatistics",
        ),
        (("SYSTEM", "READ_JOB_METRIC"), ("SYSTEM", "READ")),
    ),
}
"""Operation to permissions for every resource of a type, one of which is enough."""

INSIDE = frozenset(
    {
        # for everybody who is known
        "getTopology",
        "getSystemConfiguration",
        "getAuthentication",
        "searchOwnAuthorizations",
        "getOpenApi",
        "getOpenApiPage",
        # commands: `Call.execute` checks them
        "createDeployment",
        "deleteResource",
        "createProcessInstance",
        "cancelProcessInstance",
        "suspendProcessInstance",
        "resumeProcessInstance",
        "modifyProcessInstance",
        "migrateProcessInstance",
        "activateAdHocSubProcessActivities",
        "createElementInstanceVariables",
        "activateJobs",
        "completeJob",
        "failJob",
        "throwJobError",
        "updateJob",
        "resolveIncident",
        "completeUserTask",
        "assignUserTask",
        "unassignUserTask",
        "updateUserTask",
        "publishMessage",
        "correlateMessage",
        "broadcastSignal",
        "evaluateConditionals",
        "evaluateDecision",
        "assignProcessInstanceBusinessId",
        "createGlobalClusterVariable",
        "updateGlobalClusterVariable",
        "deleteGlobalClusterVariable",
        "createTenantClusterVariable",
        "updateTenantClusterVariable",
        "deleteTenantClusterVariable",
        "createGlobalTaskListener",
        "updateGlobalTaskListener",
        "deleteGlobalTaskListener",
        # begin with an item that the caller must be allowed to read, or to do this with
        "getProcessDefinitionXML",
        "getProcessDefinitionStatistics",
        "getStartProcessForm",
        "getDecisionDefinitionXML",
        "getDecisionRequirementsXML",
        "getDecisionInstance",
        "deleteDecisionInstance",
        "getUserTaskForm",
        "searchUserTaskAuditLogs",
        "createAgentInstance",
        "updateAgentInstance",
        "createAgentInstanceHistoryItem",
        "getResourceContent",
        "listSecrets",
        "resolveSecrets",
        "getResourceContentBinary",
        "deleteProcessInstance",
        "resolveProcessInstanceIncidents",
        "getProcessInstanceSequenceFlows",
        "getProcessInstanceStatistics",
        "getProcessInstanceWaitStateStatistics",
        "getProcessInstanceCallHierarchy",
        "updateUser",
        "deleteUser",
    }
)
"""Operations that check by themselves."""

_IDENTITY_TAGS = frozenset({"Group", "Role", "Tenant", "Mapping rule", "Authorization"})

OTHERWISE = (("SYSTEM", "UPDATE"),)
"""For an operation that nobody has thought about."""


def check_operation(operation: Operation, access: Access) -> None:
    """Check what can be checked before the request is read.

    Raises:
        PermissionDenied: The caller may not.
    """
    if not access.is_checked or operation.id in INSIDE or operation.tag in _IDENTITY_TAGS:
        return
    needed = NEEDED.get(operation.id)
    if needed is None:
        if isinstance(operation.answer, SearchResource | Single):
            return
        needed = OTHERWISE
    if not any(access.has(*one) for one in needed):
        require(access, *needed[0], _INTENTS.get(operation.method, "UPDATE"))


_INTENTS = {"GET": "READ", "POST": "CREATE", "DELETE": "DELETE"}
