// Every operation of @camunda8/orchestration-cluster-api, or of the copy of it inside @camunda8/sdk: a table of calls.
// node every_operation.js WHICH REST_URL FOLDER OFFERED...; OFFERED are the operations that the server has.
// Prints which operations were answered, which failed and how, which are not offered, and which have no row.
"use strict";
const [which, restUrl, folder, ...offered] = process.argv.slice(2);
// What is newer than the copy inside @camunda8/sdk would be a fault to it, so only the newest client reads strictly.
const validation = which === "cluster-api" ? "req:none,res:strict" : "req:none,res:none";
process.env.CAMUNDA_SDK_VALIDATION = validation;
const config = { CAMUNDA_REST_ADDRESS: restUrl, CAMUNDA_AUTH_STRATEGY: "NONE", CAMUNDA_SDK_VALIDATION: validation };
const client =
  which === "cluster-api"
    ? require("@camunda8/orchestration-cluster-api").createCamundaClient({ config })
    : new (require("@camunda8/sdk").Camunda8)({ ...config, ZEEBE_REST_ADDRESS: restUrl, CAMUNDA_LOG_LEVEL: "none" })
        .getOrchestrationClusterApiClient();

// Methods of the client that are no operations of the API.
const NO_OPERATIONS = new Set([
  "constructor", "config", "getConfig", "configure", "getAuthHeaders", "forceAuthRefresh", "clearAuthCache", "onAuthHeaders",
  "logger", "getErrorMode", "emitSupportLogPreamble", "withCorrelation", "getBackpressureState", "getWorkers",
  "stopAllWorkers", "createJobWorker", "createThreadedJobWorker", "deployResourcesFromFiles",
]);
const FINISHED = { consistency: { waitUpToMs: 20000, pollIntervalMs: 20, predicate: (batch) => Boolean(batch.endDate) } };
const NOW = { consistency: { waitUpToMs: 0 } };
const s = {}; // what later rows need of earlier answers
const hour = 3600000;
const around = () => ({ from: new Date(Date.now() - hour).toISOString(), to: new Date(Date.now() + hour).toISOString() });
const start = (processDefinitionId, variables = {}) => client.createProcessInstance({ processDefinitionId, variables });
const job = async (type) => (await client.activateJobs({ type, worker: "node", timeout: 60000, maxJobsToActivate: 1, requestTimeout: 3000 })).jobs[0];
const first = async (operation, filter, consistency = NOW) => (await client[operation]({ filter }, consistency)).items[0];
const file = (name) => new File(["content"], name, { type: "text/plain" });
const key = (name) => () => ({ [name]: s[name] });
const batch = (processInstanceKey) => ({ filter: { processInstanceKey } });

// Memberships: holder, its id, and who can be a member by which id.
const HOLDERS = [
  ["Group", { groupId: "team" }, ["User", "Client", "MappingRule"]],
  ["Role", { roleId: "boss" }, ["User", "Client", "Group", "MappingRule"]],
  ["Tenant", { tenantId: "acme" }, ["User", "Client", "Group", "Role", "MappingRule"]],
];
const MEMBERS = {
  User: { username: "ann" }, Client: { clientId: "robot" }, Group: { groupId: "team" }, Role: { roleId: "boss" },
  MappingRule: { mappingRuleId: "staff" },
};
function memberships() {
  const rows = [];
  for (const [holder, id, members] of HOLDERS)
    for (const member of members) {
      const both = () => ({ ...id, ...MEMBERS[member] });
      const [assign, unassign] = holder === "Role"
        ? [`assignRoleTo${member}`, `unassignRoleFrom${member}`]
        : [`assign${member}To${holder}`, `unassign${member}From${holder}`];
      const search = holder === "Tenant" && member === "Group" ? "searchGroupIdsForTenant" : `search${member}sFor${holder}`;
      rows.push([assign, both], [search, () => ({ ...id })], [unassign, both]);
    }
  return rows;
}

// Operation, its input (undefined for none), and what to keep of the answer.
const ROWS = [
  ["getTopology"], ["getStatus"], ["getLicense"], ["getAuthentication"], ["getSystemConfiguration"],
  ["createDeployment", async () => {
    const { readFileSync, readdirSync } = require("node:fs");
    const resources = readdirSync(folder).filter((name) => /\.(bpmn|dmn|form)$/.test(name))
      .map((name) => new File([readFileSync(`${folder}/${name}`)], name));
    return { resources: [...resources, new File(["{\"id\": \"robot\"}"], "robot.rpa")] };
  }, (a) => {
    s.definitions = {};
    for (const p of a.deployments ?? []) if (p.processDefinition) s.definitions[p.processDefinition.processDefinitionId] = p.processDefinition.processDefinitionKey;
    s.resourceKey = (a.deployments ?? []).map((p) => p.resource).find(Boolean).resourceKey;
  }],
  ["searchProcessDefinitions", () => ({ filter: { processDefinitionId: "tour" } }), (a) => { s.processDefinitionKey = a.items[0].processDefinitionKey; }],
  ["getProcessDefinition", key("processDefinitionKey")],
  ["getProcessDefinitionXml", key("processDefinitionKey")],
  ["getStartProcessForm", () => ({ processDefinitionKey: s.definitions.asks })],
  ["getResource", key("resourceKey")],
  ["getResourceContent", key("resourceKey")],

  ["createProcessInstance", () => ({ processDefinitionId: "tour", variables: { a: 1 }, tags: ["vip"] }), (a) => { s.processInstanceKey = a.processInstanceKey; }],
  ["activateJobs", () => ({ type: "work", worker: "node", timeout: 60000, maxJobsToActivate: 1, requestTimeout: 3000 }), (a) => { s.jobKey = a.jobs[0].jobKey; }],
  ["updateJob", () => ({ jobKey: s.jobKey, changeset: { retries: 4 } })],
  ["failJob", () => ({ jobKey: s.jobKey, retries: 0, errorMessage: "broken" })],
  ["searchIncidents", () => ({ filter: { processInstanceKey: s.processInstanceKey } }), (a) => { s.incidentKey = a.items[0].incidentKey; s.elementInstanceKey = a.items[0].elementInstanceKey; }],
  ["getIncident", key("incidentKey")],
  ["searchProcessInstanceIncidents", key("processInstanceKey")],
  ["searchElementInstanceIncidents", key("elementInstanceKey")],
  ["getProcessInstanceStatisticsByError", () => ({}), (a) => { s.errorHashCode = a.items[0].errorHashCode; }],
  ["getProcessInstanceStatisticsByDefinition", () => ({ filter: { errorHashCode: s.errorHashCode } })],
  ["searchJobs", () => ({ filter: { processInstanceKey: s.processInstanceKey } })],
  ["resolveIncident", async () => { await client.updateJob({ jobKey: s.jobKey, changeset: { retries: 1 } }); return { incidentKey: s.incidentKey }; }],
  ["completeJob", () => ({ jobKey: s.jobKey, variables: { b: [1, null, { c: "ä" }] } })],
  ["searchUserTasks", () => ({ filter: { processInstanceKey: s.processInstanceKey } }), (a) => { s.userTaskKey = a.items[0].userTaskKey; }],
  ["getUserTask", key("userTaskKey")],
  ["getUserTaskForm", key("userTaskKey")],
  ["assignUserTask", () => ({ userTaskKey: s.userTaskKey, assignee: "ann" })],
  ["unassignUserTask", key("userTaskKey")],
  ["updateUserTask", () => ({ userTaskKey: s.userTaskKey, changeset: { priority: 7 } })],
  ["searchUserTaskVariables", key("userTaskKey")],
  ["searchUserTaskEffectiveVariables", key("userTaskKey")],
  ["completeUserTask", () => ({ userTaskKey: s.userTaskKey, variables: { ok: true } })],
  ["searchUserTaskAuditLogs", key("userTaskKey")],
  ["searchProcessInstances", () => ({ filter: { processInstanceKey: s.processInstanceKey } })],
  ["getProcessInstance", key("processInstanceKey")],
  ["getProcessInstanceSequenceFlows", key("processInstanceKey")],
  ["getProcessInstanceStatistics", key("processInstanceKey")],
  ["getProcessInstanceCallHierarchy", key("processInstanceKey")],
  ["searchElementInstances", () => ({ filter: { processInstanceKey: s.processInstanceKey } })],
  ["getElementInstance", key("elementInstanceKey")],
  ["searchVariables", () => ({ filter: { processInstanceKey: s.processInstanceKey } }), (a) => { s.variableKey = a.items[0].variableKey; }],
  ["getVariable", key("variableKey")],
  ["getProcessDefinitionStatistics", () => ({ processDefinitionKey: s.definitions.tour, filter: {} })],
  ["getProcessDefinitionInstanceStatistics", () => ({})],
  ["getProcessDefinitionInstanceVersionStatistics", () => ({ filter: { processDefinitionId: "tour" } })],
  ["createElementInstanceVariables", async () => {
    s.waiting = (await start("simple")).processInstanceKey;
    return { elementInstanceKey: s.waiting, variables: { x: 1 }, local: true };
  }],
  ["throwJobError", async () => ({ jobKey: (await job("simple")).jobKey, errorCode: "E", errorMessage: "no" })],
  ["resolveProcessInstanceIncidents", () => ({ processInstanceKey: s.waiting })],
  ["migrateProcessInstance", () => ({
    processInstanceKey: s.waiting, targetProcessDefinitionKey: s.definitions.simple,
    mappingInstructions: [{ sourceElementId: "task", targetElementId: "task" }],
  })],
  ["modifyProcessInstance", async () => {
    s.modified = (await start("tour")).processInstanceKey;
    return { processInstanceKey: s.modified, activateInstructions: [{ elementId: "review" }], terminateInstructions: [{ elementId: "work" }] };
  }],
  ["cancelProcessInstance", () => ({ processInstanceKey: s.waiting })],
  ["deleteProcessInstance", () => ({ processInstanceKey: s.waiting })],

  ["publishMessage", async () => {
    await start("waits", { id: "1" });
    await start("waits", { id: "2" });
    return { name: "done", correlationKey: "1", timeToLive: 0, variables: {} };
  }],
  ["searchMessageSubscriptions", () => ({ filter: { messageName: "done" } })],
  ["getProcessDefinitionMessageSubscriptionStatistics", () => ({})],
  ["correlateMessage", () => ({ name: "done", correlationKey: "2", variables: {} })],
  ["searchCorrelatedMessageSubscriptions", () => ({ filter: { messageName: "done" } })],
  ["broadcastSignal", () => ({ signalName: "nobody", variables: {} })],
  ["evaluateConditionals", () => ({ variables: { rain: 7 } })],
  ["evaluateExpression", () => ({ expression: "=a * b", variables: { a: 2, b: 3 } })],
  ["activateAdHocSubProcessActivities", async () => {
    const { processInstanceKey } = await start("free");
    const adHoc = await first("searchElementInstances", { processInstanceKey, elementId: "ad" });
    return { adHocSubProcessInstanceKey: adHoc.elementInstanceKey, elements: [{ elementId: "a" }] };
  }],

  ["evaluateDecision", () => ({ decisionDefinitionId: "price", variables: { size: 3 } })],
  ["searchDecisionDefinitions", () => ({ filter: {} }), (a) => { s.decisionDefinitionKey = a.items[0].decisionDefinitionKey; s.decisionRequirementsKey = a.items[0].decisionRequirementsKey; }],
  ["getDecisionDefinition", key("decisionDefinitionKey")],
  ["getDecisionDefinitionXml", key("decisionDefinitionKey")],
  ["searchDecisionRequirements", () => ({ filter: {} })],
  ["getDecisionRequirements", key("decisionRequirementsKey")],
  ["getDecisionRequirementsXml", key("decisionRequirementsKey")],
  ["searchDecisionInstances", () => ({ filter: {} }), (a) => { s.decisionEvaluationInstanceKey = a.items[0].decisionEvaluationInstanceKey; s.decisionEvaluationKey = a.items[0].decisionEvaluationKey; }],
  ["getDecisionInstance", key("decisionEvaluationInstanceKey")],
  ["deleteDecisionInstance", key("decisionEvaluationKey")],
  ["deleteDecisionInstancesBatchOperation", () => ({ filter: { decisionDefinitionId: "price" } })],

  ["resolveIncidentsBatchOperation", async () => { s.many = (await start("simple")).processInstanceKey; return batch(s.many); }],
  ["migrateProcessInstancesBatchOperation", () => ({
    ...batch(s.many),
    migrationPlan: { targetProcessDefinitionKey: s.definitions.simple, mappingInstructions: [{ sourceElementId: "task", targetElementId: "task" }] },
  }), async (a) => { await client.getBatchOperation({ batchOperationKey: a.batchOperationKey }, FINISHED); }],
  ["modifyProcessInstancesBatchOperation", () => ({ ...batch(s.many), moveInstructions: [{ sourceElementId: "task", targetElementId: "e" }] })],
  ["cancelProcessInstancesBatchOperation", async () => {
    const started = [];
    for (let n = 0; n < 300; n++) started.push(start("simple", { n }));
    s.all = (await Promise.all(started)).map((one) => one.processInstanceKey);
    return { filter: { processInstanceKey: { $in: s.all } } };
  }, (a) => { s.batchOperationKey = a.batchOperationKey; }],
  ["suspendBatchOperation", key("batchOperationKey")],
  ["resumeBatchOperation", key("batchOperationKey")],
  ["cancelBatchOperation", key("batchOperationKey")],
  ["getBatchOperation", key("batchOperationKey")],
  ["searchBatchOperations", () => ({ filter: {} })],
  ["searchBatchOperationItems", () => ({ filter: { batchOperationKey: s.batchOperationKey } })],
  ["deleteProcessInstancesBatchOperation", () => ({ filter: { processInstanceKey: { $in: s.all }, state: "TERMINATED" } })],

  ["createDocument", () => ({ file: file("a.txt") }), (a) => { s.documentId = a.documentId; s.contentHash = a.contentHash; }],
  ["createDocuments", () => ({ files: [file("b.txt"), file("c.txt")] })],
  ["getDocument", () => ({ documentId: s.documentId, contentHash: s.contentHash })],
  ["createDocumentLink", () => ({ documentId: s.documentId, contentHash: s.contentHash, timeToLive: 60000 })],
  ["deleteDocument", key("documentId")],

  ["createAdminUser", () => ({ username: "root", password: "secret", name: "Root", email: "root@x.test" })],
  ["createUser", () => ({ username: "ann", password: "secret", name: "Ann", email: "ann@x.test" })],
  ["searchUsers", () => ({ filter: {} })],
  ["getUser", () => MEMBERS.User],
  ["updateUser", () => ({ ...MEMBERS.User, name: "Anna", email: "anna@x.test" })],
  ["createMappingRule", () => ({ ...MEMBERS.MappingRule, claimName: "department", claimValue: "staff", name: "Staff" })],
  ["searchMappingRule", () => ({ filter: {} })],
  ["getMappingRule", () => MEMBERS.MappingRule],
  ["updateMappingRule", () => ({ ...MEMBERS.MappingRule, claimName: "department", claimValue: "staff", name: "Another" })],
  ...HOLDERS.flatMap(([holder, id]) => [
    [`create${holder}`, () => ({ ...id, name: holder })],
    [`search${holder}s`, () => ({ filter: {} })],
    [`get${holder}`, () => id],
    [`update${holder}`, () => ({ ...id, name: `Another ${holder}`, description: "changed" })],
  ]),
  ...memberships(),
  ["assignRoleToGroup", () => ({ roleId: "boss", groupId: "team" })],
  ["searchRolesForGroup", () => ({ groupId: "team" })],
  ["createTenantClusterVariable", () => ({ tenantId: "acme", name: "limit", value: { n: 1 } })],
  ["updateTenantClusterVariable", () => ({ tenantId: "acme", name: "limit", value: { n: 2 } })],
  ["getTenantClusterVariable", () => ({ tenantId: "acme", name: "limit" })],
  ["deleteTenantClusterVariable", () => ({ tenantId: "acme", name: "limit" })],
  ...HOLDERS.map(([holder, id]) => [`delete${holder}`, () => id]),
  ["deleteMappingRule", () => MEMBERS.MappingRule],
  ["createAuthorization", () => ({
    ownerId: "ann", ownerType: "USER", resourceId: "order", resourceType: "PROCESS_DEFINITION", permissionTypes: ["READ_PROCESS_INSTANCE"],
  }), (a) => { s.authorizationKey = a.authorizationKey; }],
  // What the built-in roles may do names kinds of resources that the API has only since the SDK's release: not listed whole.
  ["searchAuthorizations", () => ({ filter: { ownerId: "ann" } })],
  ["getAuthorization", key("authorizationKey")],
  ["updateAuthorization", () => ({
    authorizationKey: s.authorizationKey, ownerId: "ann", ownerType: "USER", resourceId: "*", resourceType: "PROCESS_DEFINITION",
    permissionTypes: ["READ_PROCESS_INSTANCE", "CREATE_PROCESS_INSTANCE"],
  })],
  ["deleteAuthorization", key("authorizationKey")],
  ["deleteUser", () => MEMBERS.User],

  ["createGlobalClusterVariable", () => ({ name: "rate", value: { n: 1 } })],
  ["updateGlobalClusterVariable", () => ({ name: "rate", value: { n: 2 } })],
  ["getGlobalClusterVariable", () => ({ name: "rate" })],
  ["searchClusterVariables", () => ({ filter: {} })],
  ["deleteGlobalClusterVariable", () => ({ name: "rate" })],
  ["createGlobalTaskListener", () => ({ id: "audit", type: "audit", eventTypes: ["all"], retries: 3, afterNonGlobal: true, priority: 10 })],
  ["getGlobalTaskListener", () => ({ id: "audit" })],
  ["searchGlobalTaskListeners", () => ({ filter: {} })],
  ["updateGlobalTaskListener", () => ({ id: "audit", type: "audit", eventTypes: ["creating"], retries: 2 })],
  ["deleteGlobalTaskListener", () => ({ id: "audit" })],
  ["searchAuditLogs", () => ({ filter: {} }), (a) => { s.auditLogKey = a.items[0].auditLogKey; }],
  ["getAuditLog", key("auditLogKey")],
  ["getGlobalJobStatistics", around],
  ["getJobTypeStatistics", () => ({ filter: around() })],
  ["getJobWorkerStatistics", () => ({ filter: { ...around(), jobType: "work" } })],
  ["getJobTimeSeriesStatistics", () => ({ filter: { ...around(), jobType: "work" } })],
  ["getJobErrorStatistics", () => ({ filter: { ...around(), jobType: "work" } })],
  ["getUsageMetrics", () => ({ startTime: around().from, endTime: around().to })],

  ["deleteResource", () => ({ resourceKey: s.definitions.rains })],
  ["pinClock", () => ({ timestamp: 2000000000000 })],
  ["resetClock"],
];

async function main() {
  const known = new Set(offered.map((id) => id.toLowerCase()));
  const isOffered = (id) => known.has(id.toLowerCase());
  const rows = new Set(ROWS.map(([id]) => id));
  const operations = Object.getOwnPropertyNames(Object.getPrototypeOf(client)).filter((id) => !id.startsWith("_") && !NO_OPERATIONS.has(id));
  const seen = {
    operations: operations.length,
    answered: [],
    faults: {},
    notOffered: operations.filter((id) => !isOffered(id)),
    withoutRow: operations.filter((id) => !rows.has(id)),
    notInTheSdk: [...rows].filter((id) => typeof client[id] !== "function"),
  };
  for (const [id, input, keep] of ROWS) {
    if (!isOffered(id) || typeof client[id] !== "function") continue;
    try {
      const answer = input ? await client[id](await input(), NOW) : await client[id]();
      if (keep) await keep(answer);
      if (!seen.answered.includes(id)) seen.answered.push(id);
    } catch (error) {
      seen.faults[id] = `${error.status ?? ""} ${error.message} ${error.detail ?? ""}`.slice(0, 500);
    }
  }
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
