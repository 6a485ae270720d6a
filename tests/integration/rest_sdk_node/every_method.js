// Every method of the REST client or of the gRPC client of @camunda8/sdk that asks the server something: a table of calls.
// node every_method.js rest|grpc REST_URL FOLDER GRPC_ADDRESS; prints what was answered, what failed, and what has no row.
"use strict";
const [which, restUrl, folder, grpcAddress] = process.argv.slice(2);
const { createReadStream, readFileSync } = require("node:fs");
const { Camunda8 } = require("@camunda8/sdk");
const camunda = new Camunda8({
  ZEEBE_REST_ADDRESS: restUrl, ZEEBE_GRPC_ADDRESS: `grpc://${grpcAddress}`, CAMUNDA_AUTH_STRATEGY: "NONE", CAMUNDA_LOG_LEVEL: "none",
  ZEEBE_GRPC_CLIENT_RETRY: false,
});
const client = which === "rest" ? camunda.getCamundaRestClient() : camunda.getZeebeGrpcApiClient();
const s = {}; // what later rows need of earlier answers

// Methods that ask the server nothing by themselves.
const LOCAL = {
  rest: ["constructor", "getConfig", "getHeaders", "addJobMethods", "callApiEndpoint", "addDefaultTenantId", "startWorkers", "stopWorkers"],
  grpc: ["constructor", "constructGrpcClient", "executeOperation", "_onConnectionError", "retryOnFailure", "on", "off", "emit", "removeAllListeners", "getServiceTypesFromBpmn"],
};
const bpmn = (name) => `${folder}/${name}.bpmn`;
const key = (name) => () => [s[name]];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const request = (type) => ({ type, worker: "node", timeout: 30000, maxJobsToActivate: 1, requestTimeout: 5000 });

async function over(path, body) {
  const answer = await fetch(`${restUrl}/v2${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}
const found = async (what, filter) => (await over(`/${what}/search`, { filter })).items;
const start = async (processDefinitionId, variables = {}) => (await over("/process-instances", { processDefinitionId, variables })).processInstanceKey;
const jobOf = async (type) => { const [job] = await client.activateJobs(request(type)); return which === "rest" ? job.jobKey : job.key; };

// Method, its arguments, and what to keep of the answer.
const REST = [
  ["getTopology"], ["getLicenseStatus"],
  ["deployResources", () => [[{ content: readFileSync(bpmn("simple"), "utf8"), name: "simple.bpmn" }]], (a) => { s.simple = a.processes[0].processDefinitionKey; }],
  ["deployResourcesFromFiles", () => [["tour.bpmn", "waits.bpmn", "rains.bpmn", "prices.dmn", "review.form"].map((name) => `${folder}/${name}`)]],
  ["createProcessInstance", () => [{ processDefinitionId: "tour", variables: { a: 1 } }], (a) => { s.instance = a.processInstanceKey; }],
  ["activateJobs", () => [request("work")], (a) => { s.job = a[0].jobKey; }],
  ["updateJob", () => [{ jobKey: s.job, retries: 5 }]],
  ["failJob", () => [{ jobKey: s.job, retries: 0, errorMessage: "broken", retryBackOff: 0 }]],
  ["searchIncidents", () => [{ filter: { processInstanceKey: s.instance } }], (a) => { s.incident = a.items[0].incidentKey; }],
  ["resolveIncident", async () => { await client.updateJob({ jobKey: s.job, retries: 1 }); return [s.incident]; }],
  ["completeJob", () => [{ jobKey: s.job, variables: { b: 2 } }]],
  ["searchUserTasks", () => [{ filter: { processInstanceKey: s.instance }, sort: [{ field: "creationDate" }], page: { limit: 10 } }], (a) => { s.task = a.items[0].userTaskKey; }],
  ["getUserTask", key("task")],
  ["assignTask", () => [{ userTaskKey: s.task, assignee: "ann" }]],
  ["unassignTask", () => [{ userTaskKey: s.task }]],
  ["assignUserTask", () => [{ userTaskKey: s.task, assignee: "ann" }]],
  ["unassignUserTask", () => [{ userTaskKey: s.task }]],
  ["updateTask", () => [{ userTaskKey: s.task, changeset: { priority: 7 } }]],
  ["updateUserTask", () => [{ userTaskKey: s.task, changeset: { priority: 8 } }]],
  ["searchUserTaskVariables", () => [{ userTaskKey: s.task }]],
  ["completeUserTask", () => [{ userTaskKey: s.task, variables: { ok: true } }]],
  ["searchProcessInstances", () => [{ filter: { processInstanceKey: s.instance }, sort: [{ field: "startDate" }] }]],
  ["searchVariables", () => [{ filter: { processInstanceKey: s.instance }, sort: [{ field: "name" }] }], (a) => { s.variable = a.items[0].variableKey; }],
  ["getVariable", () => [{ variableKey: s.variable }]],
  ["searchElementInstances", () => [{ filter: { processInstanceKey: s.instance }, sort: [{ field: "startDate" }] }], (a) => { s.element = a.items[0].elementInstanceKey; }],
  ["getElementInstance", key("element")],
  ["searchProcessDefinitions", () => [{ filter: { processDefinitionId: "tour" }, sort: [{ field: "version" }] }], (a) => { s.definition = a.items[0].processDefinitionKey; }],
  ["getProcessDefinition", key("definition")],
  ["getProcessDefinitionXML", key("definition")],
  ["createProcessInstanceWithResult", () => {
    jobOf("simple").then((jobKey) => client.completeJob({ jobKey, variables: { sum: 3 } }));
    return [{ processDefinitionId: "simple", variables: {}, fetchVariables: ["sum"] }];
  }],
  ["updateElementInstanceVariables", async () => { s.instance = await start("simple"); return [{ elementInstanceKey: s.instance, variables: { x: 1 }, local: true }]; }],
  ["migrateProcessInstance", () => [{ processInstanceKey: s.instance, targetProcessDefinitionKey: s.simple, mappingInstructions: [{ sourceElementId: "task", targetElementId: "task" }] }]],
  ["modifyProcessInstance", async () => [{ processInstanceKey: await start("tour"), activateInstructions: [{ elementId: "review" }] }]],
  ["errorJob", async () => [{ jobKey: await jobOf("simple"), errorCode: "E", errorMessage: "no", variables: {} }]],
  ["cancelProcessInstance", () => [{ processInstanceKey: s.instance }]],
  ["createJobWorker", async () => {
    await start("simple");
    return [{ ...request("simple"), pollIntervalMs: 50, jobHandler: (job) => { s.worked = true; return job.complete({}); } }];
  }, async (worker) => {
    for (let n = 0; n < 200 && !s.worked; n++) await sleep(20);
    await worker.stop(5000);
    if (!s.worked) throw new Error("the worker got no job");
  }],
  ["publishMessage", async () => { await start("waits", { id: "1" }); return [{ name: "done", correlationKey: "1", timeToLive: 1000, variables: {} }]; }],
  ["correlateMessage", async () => { await start("waits", { id: "2" }); return [{ name: "done", correlationKey: "2", variables: {} }]; }],
  ["broadcastSignal", () => [{ signalName: "s", variables: {} }]],
  ["evaluateDecision", () => [{ decisionDefinitionId: "price", variables: { size: 12 } }]],
  ["uploadDocument", () => [{ file: createReadStream(`${folder}/review.form`) }], (a) => { s.document = a; }],
  ["uploadDocuments", () => [{ files: [createReadStream(`${folder}/review.form`), createReadStream(`${folder}/prices.dmn`)] }]],
  ["downloadDocument", () => [{ documentId: s.document.documentId, contentHash: s.document.contentHash }], (a) => {
    if (!Buffer.from(a).equals(readFileSync(`${folder}/review.form`))) throw new Error("the document has changed");
  }],
  ["createDocumentLink", () => [{ documentId: s.document.documentId, contentHash: s.document.contentHash, timeToLive: 60000 }]],
  ["deleteDocument", () => [{ documentId: s.document.documentId }]],
  ["createUser", () => [{ username: "ann", password: "secret", name: "Ann", email: "ann@x.test" }]],
  ["searchUsers", () => [{ filter: {}, sort: [{ field: "username" }] }]],
  ["searchUsersForTenant", () => ["<default>", { filter: {}, sort: [{ field: "username" }] }]],
  ["modifyAuthorization", () => [{ ownerKey: "1", resourceType: "PROCESS_DEFINITION", action: "ADD", permissions: [] }]],
  ["deleteResource", async () => [{ resourceKey: (await found("process-definitions", { processDefinitionId: "rains" }))[0].processDefinitionKey }]],
  ["pinInternalClock", () => [2000000000000]],
  ["resetClock"],
];
const GRPC = [
  ["topology"],
  ["deployResource", () => [{ processFilename: bpmn("simple") }], (a) => { s.simple = a.deployments[0].process.processDefinitionKey; }],
  ["deployResources", () => [[{ processFilename: bpmn("tour") }, { processFilename: bpmn("waits") }, { decisionFilename: `${folder}/prices.dmn` }, { formFilename: `${folder}/review.form` }]], (a) => { s.waits = a.deployments[1].process.processDefinitionKey; }],
  ["createProcessInstance", () => [{ bpmnProcessId: "simple", variables: { a: 1 } }], (a) => { s.instance = a.processInstanceKey; }],
  ["activateJobs", () => [request("simple")], (a) => { s.job = a[0].key; }],
  ["updateJobTimeout", () => [{ jobKey: s.job, timeout: 60000 }]],
  ["failJob", () => [{ jobKey: s.job, retries: 0, errorMessage: "broken", retryBackOff: 0 }]],
  ["updateJobRetries", () => [{ jobKey: s.job, retries: 2 }]],
  ["resolveIncident", async () => [{ incidentKey: (await found("incidents", { processInstanceKey: s.instance }))[0].incidentKey }]],
  ["setVariables", () => [{ elementInstanceKey: s.instance, variables: { x: 1 }, local: true }]],
  ["migrateProcessInstance", () => [{ processInstanceKey: s.instance, migrationPlan: { targetProcessDefinitionKey: s.simple, mappingInstructions: [{ sourceElementId: "task", targetElementId: "task" }] } }]],
  ["completeJob", async () => [{ jobKey: await jobOf("simple"), variables: {} }]],
  ["createProcessInstanceWithResult", () => {
    jobOf("simple").then((jobKey) => client.completeJob({ jobKey, variables: { sum: 3 } }));
    return [{ bpmnProcessId: "simple", variables: {}, requestTimeout: 10000 }];
  }],
  ["throwError", async () => { s.instance = await start("simple"); return [{ jobKey: await jobOf("simple"), errorCode: "E", errorMessage: "no" }]; }],
  ["cancelProcessInstance", () => [s.instance]],
  ["modifyProcessInstance", async () => [{ processInstanceKey: await start("tour"), activateInstructions: [{ elementId: "review", ancestorElementInstanceKey: "-1", variableInstructions: [] }] }]],
  ["createWorker", async () => {
    await start("simple");
    return [{ taskType: "simple", taskHandler: (job) => { s.worked = true; return job.complete({}); } }];
  }, async (worker) => {
    for (let n = 0; n < 200 && !s.worked; n++) await sleep(20);
    await worker.close();
    if (!s.worked) throw new Error("the worker got no job");
  }],
  ["streamJobs", async () => [{ type: "work", worker: "node", timeout: 30000, taskHandler: (job) => { s.streamed = true; return job.complete({}); } }], async (stream) => {
    await start("tour");
    for (let n = 0; n < 200 && !s.streamed; n++) await sleep(20);
    stream.close();
    if (!s.streamed) throw new Error("the stream got no job");
  }],
  ["publishMessage", async () => { await start("waits", { id: "1" }); return [{ name: "done", correlationKey: "1", timeToLive: 1000, variables: {} }]; }],
  ["publishStartMessage", () => [{ name: "nobody", timeToLive: 1000, variables: {} }]],
  ["broadcastSignal", () => [{ signalName: "s", variables: {} }]],
  ["evaluateDecision", () => [{ decisionId: "price", variables: { size: 12 } }]],
  ["deleteResource", () => [{ resourceKey: s.waits }]],
  ["close", () => [1000]],
];

async function main() {
  const rows = which === "rest" ? REST : GRPC;
  const named = new Set(rows.map(([name]) => name));
  const methods = new Set();
  for (let one = Object.getPrototypeOf(client); one && one !== Object.prototype; one = Object.getPrototypeOf(one))
    for (const name of Object.getOwnPropertyNames(one)) if (typeof client[name] === "function" && !LOCAL[which].includes(name)) methods.add(name);
  const seen = { methods: methods.size, answered: [], faults: {}, withoutRow: [...methods].filter((name) => !named.has(name)) };
  for (const [name, input, keep] of rows) {
    try {
      const answer = await client[name](...(input ? await input() : []));
      if (keep) await keep(answer);
      seen.answered.push(name);
    } catch (error) {
      seen.faults[name] = `${error.statusCode ?? error.code ?? ""} ${error.message}`.slice(0, 300);
    }
  }
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
