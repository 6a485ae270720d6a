// @camunda8/orchestration-cluster-api with strict validation of every answer: one story from deployment to the last page.
// node cluster_api.js REST_URL FOLDER; prints what it has seen as JSON. All operations are in every_operation.js.
"use strict";
process.env.CAMUNDA_SDK_VALIDATION = "req:none,res:strict";
const { createCamundaClient } = require("@camunda8/orchestration-cluster-api");

const [restUrl, folder] = process.argv.slice(2);
const now = { consistency: { waitUpToMs: 0 } };
const client = createCamundaClient({
  config: { CAMUNDA_REST_ADDRESS: restUrl, CAMUNDA_AUTH_STRATEGY: "NONE", CAMUNDA_SDK_VALIDATION: "req:none,res:strict" },
});

async function search(method, filter = {}) {
  return (await client[method]({ filter }, now)).items;
}

async function refused(work) {
  try {
    await work();
  } catch (error) {
    return { status: error.status, title: error.title, detail: error.detail };
  }
  throw new Error("expected a refusal");
}

async function main() {
  const seen = {};
  seen.partitions = (await client.getTopology()).partitionsCount;
  await client.getStatus();
  await client.getLicense();
  await client.getAuthentication();
  await client.getSystemConfiguration();
  const deployed = await client.deployResourcesFromFiles(["tour.bpmn", "simple.bpmn", "prices.dmn", "review.form"].map((name) => `${folder}/${name}`));
  seen.deployed = deployed.processes.map((p) => p.processDefinitionId);

  const created = await client.createProcessInstance({ processDefinitionId: "tour", variables: { a: 1 }, tags: ["vip"] });
  const key = created.processInstanceKey;
  const [job] = (await client.activateJobs({ type: "work", worker: "node", timeout: 60000, maxJobsToActivate: 1, requestTimeout: 3000 })).jobs
    ?? (await client.activateJobs({ type: "work", worker: "node", timeout: 60000, maxJobsToActivate: 1, requestTimeout: 3000 }));
  seen.job = { type: job.type, variables: job.variables };
  await client.updateJob({ jobKey: job.jobKey, changeset: { retries: 4 } });
  await client.failJob({ jobKey: job.jobKey, retries: 0, errorMessage: "broken" });
  const [incident] = await search("searchIncidents", { processInstanceKey: key });
  seen.incident = incident.errorType;
  await client.getIncident({ incidentKey: incident.incidentKey }, now);
  await client.searchProcessInstanceIncidents({ processInstanceKey: key }, now);
  await client.updateJob({ jobKey: job.jobKey, changeset: { retries: 1 } });
  await client.resolveIncident({ incidentKey: incident.incidentKey });
  await client.completeJob({ jobKey: job.jobKey, variables: { b: [1, null, { c: "ä" }] } });
  const [task] = await search("searchUserTasks", { processInstanceKey: key });
  await client.getUserTask({ userTaskKey: task.userTaskKey }, now);
  await client.getUserTaskForm({ userTaskKey: task.userTaskKey }, now);
  await client.assignUserTask({ userTaskKey: task.userTaskKey, assignee: "ann" });
  await client.unassignUserTask({ userTaskKey: task.userTaskKey });
  await client.updateUserTask({ userTaskKey: task.userTaskKey, changeset: { priority: 7 } });
  seen.taskVariables = (await client.searchUserTaskVariables({ userTaskKey: task.userTaskKey }, now)).items.map((v) => v.name).sort();
  await client.completeUserTask({ userTaskKey: task.userTaskKey, variables: { ok: true } });

  const instance = await client.getProcessInstance({ processInstanceKey: key }, now);
  seen.state = instance.state;
  seen.flows = (await client.getProcessInstanceSequenceFlows({ processInstanceKey: key }, now)).items.length;
  seen.statistics = (await client.getProcessInstanceStatistics({ processInstanceKey: key }, now)).items.length;
  await client.getProcessInstanceCallHierarchy({ processInstanceKey: key }, now);
  seen.elements = (await search("searchElementInstances", { processInstanceKey: key })).map((e) => e.elementId);
  seen.jobs = (await search("searchJobs", { processInstanceKey: key })).map((j) => j.state);
  const variables = await search("searchVariables", { processInstanceKey: key, name: { $in: ["b"] } });
  seen.value = JSON.parse((await client.getVariable({ variableKey: variables[0].variableKey }, now)).value);
  const [definition] = await search("searchProcessDefinitions", { processDefinitionId: "tour" });
  await client.getProcessDefinition({ processDefinitionKey: definition.processDefinitionKey }, now);
  seen.xml = (await client.getProcessDefinitionXml({ processDefinitionKey: definition.processDefinitionKey }, now)).includes("process");
  seen.price = (await client.evaluateDecision({ decisionDefinitionId: "price", variables: { size: 3 } })).output;
  await search("searchDecisionDefinitions");
  await search("searchDecisionRequirements");
  const [decided] = await search("searchDecisionInstances");
  await client.getDecisionInstance({ decisionEvaluationInstanceKey: decided.decisionEvaluationInstanceKey }, now);
  await client.publishMessage({ name: "m", correlationKey: "1", timeToLive: 1000, variables: {} });
  await client.broadcastSignal({ signalName: "s", variables: {} });
  await search("searchMessageSubscriptions");
  await search("searchCorrelatedMessageSubscriptions");

  const pages = [];
  for (let n = 0; n < 5; n++) await client.createProcessInstance({ processDefinitionId: "tour" });
  let page = { limit: 2 };
  for (;;) {
    const found = await client.searchProcessInstances({ filter: { processDefinitionId: "tour" }, sort: [{ field: "processInstanceKey", order: "DESC" }], page }, now);
    if (!found.items.length) break;
    pages.push(found.items.length);
    page = { limit: 2, after: found.page.endCursor };
  }
  seen.pages = pages;
  const worked = new Promise((resolve) => {
    const amounts = [];
    const worker = client.createJobWorker({
      jobType: "simple", workerName: "node", maxParallelJobs: 5, jobTimeoutMs: 30000, pollIntervalMs: 20, fetchVariables: ["n"],
      jobHandler: async (job) => {
        const done = await job.complete({ doubled: job.variables.n * 2 });
        if (amounts.push(job.variables.n) === 8) { worker.stop(); resolve(amounts.sort()); }
        return done;
      },
    });
  });
  const started = [];
  for (let n = 0; n < 8; n++) started.push((await client.createProcessInstance({ processDefinitionId: "simple", variables: { n, other: true } })).processInstanceKey);
  seen.worked = await worked;
  seen.doubled = (await search("searchVariables", { name: "doubled", processInstanceKey: { $in: started } })).map((v) => Number(v.value)).sort((x, y) => x - y);
  seen.unknown = await refused(() => client.cancelProcessInstance({ processInstanceKey: "3377699720527872" }));
  seen.wrong = await refused(() => client.createProcessInstance({ processDefinitionId: "tour", tenantId: "other" }));
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
