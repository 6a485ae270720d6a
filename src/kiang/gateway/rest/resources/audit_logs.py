"""The audit log: who has done what."""

from __future__ import annotations

from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import add_get, add_search
from kiang.search.resources.audit_log import AUDIT_LOG as SEARCHED

AUDIT_LOGS = Resource("Audit log")

add_search(AUDIT_LOGS, "/audit-logs/search", "searchAuditLogs", SEARCHED, since="8.9")
add_get(AUDIT_LOGS, "/audit-logs/{auditLogKey}", "getAuditLog", SEARCHED, since="8.9")
