// The REST client of @camunda8/sdk: what it offers for instances, jobs, user tasks and searches, and its job worker.
// node rest_client.js REST_URL FOLDER; prints what it has seen as JSON.
"use strict";
const { Camunda8 } = require("@camunda8/sdk");

const [restUrl, folder] = process.argv.slice(2);
const client = new Camunda8({ ZEEBE_REST_ADDRESS: restUrl, CAMUNDA_AUTH_STRATEGY: "NONE", CAMUNDA_LOG_LEVEL: "none" }).getCamundaRestClient();

async function main() {
  const seen = {};
  seen.partitions = (await client.getTopology()).partitionsCount;
  await client.getLicenseStatus();
  const deployed = await client.deployResourcesFromFiles([`${folder}/tour.bpmn`, `${folder}/prices.dmn`, `${folder}/review.form`]);
  seen.deployed = deployed.processes.map((p) => p.processDefinitionId);
  const created = await client.createProcessInstance({ processDefinitionId: "tour", variables: { a: 1 } });
  const key = created.processInstanceKey;
  const worked = new Promise((resolve) => {
    const worker = client.createJobWorker({
      type: "work", worker: "node", timeout: 30000, maxJobsToActivate: 1, pollIntervalMs: 100,
      jobHandler: async (job) => {
        const acknowledged = await job.complete({ b: job.variables.a + 1 });
        resolve(job.variables);
        worker.stop();
        return acknowledged;
      },
    });
  });
  seen.jobVariables = await worked;
  const tasks = await client.searchUserTasks({ filter: { processInstanceKey: key }, sort: [{ field: "creationDate" }], page: { limit: 10 } });
  const task = tasks.items[0];
  await client.assignUserTask({ userTaskKey: task.userTaskKey, assignee: "ann" });
  await client.unassignUserTask({ userTaskKey: task.userTaskKey });
  seen.taskVariables = (await client.searchUserTaskVariables({ userTaskKey: task.userTaskKey })).items.map((v) => v.name).sort();
  await client.completeUserTask({ userTaskKey: task.userTaskKey, variables: { ok: true } });
  seen.instances = (await client.searchProcessInstances({ filter: { processInstanceKey: key }, sort: [{ field: "startDate" }] })).items.map((i) => i.state);
  seen.elements = (await client.searchElementInstances({ filter: { processInstanceKey: key }, sort: [{ field: "startDate" }] })).items.map((e) => e.elementId);
  seen.variables = (await client.searchVariables({ filter: { processInstanceKey: key }, sort: [{ field: "name" }] })).items.map((v) => v.name);
  await client.searchProcessDefinitions({ filter: { processDefinitionId: "tour" }, sort: [{ field: "version" }] });
  await client.getProcessDefinitionXML(deployed.processes[0].processDefinitionKey);
  await client.publishMessage({ name: "m", correlationKey: "1", timeToLive: 1000, variables: {} });
  await client.broadcastSignal({ signalName: "s", variables: {} });
  seen.price = (await client.evaluateDecision({ decisionDefinitionId: "price", variables: { size: 12 } })).output;
  const again = await client.createProcessInstance({ processDefinitionId: "tour", variables: {} });
  await client.updateElementInstanceVariables({ elementInstanceKey: again.processInstanceKey, variables: { x: 1 }, local: false });
  await client.cancelProcessInstance({ processInstanceKey: again.processInstanceKey });
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
