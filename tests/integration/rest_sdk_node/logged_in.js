// The clients with credentials: node logged_in.js STRATEGY REST_URL FOLDER GRPC_ADDRESS TOKEN_URL; the name and password of the
// caller are in CALLER and PASSWORD. Prints who the server takes each client for, and what a wrong password is answered.
"use strict";
const [strategy, restUrl, folder, grpcAddress, tokenUrl] = process.argv.slice(2);
const { CALLER, PASSWORD } = process.env;
const { createCamundaClient } = require("@camunda8/orchestration-cluster-api");
const { Camunda8 } = require("@camunda8/sdk");

const settings = (password) => ({
  CAMUNDA_REST_ADDRESS: restUrl, ZEEBE_REST_ADDRESS: restUrl, ZEEBE_GRPC_ADDRESS: `grpc://${grpcAddress}`, CAMUNDA_AUTH_STRATEGY: strategy,
  CAMUNDA_BASIC_AUTH_USERNAME: CALLER, CAMUNDA_BASIC_AUTH_PASSWORD: password, CAMUNDA_LOG_LEVEL: "none",
  ZEEBE_CLIENT_ID: CALLER, ZEEBE_CLIENT_SECRET: password, CAMUNDA_CLIENT_ID: CALLER, CAMUNDA_CLIENT_SECRET: password,
  CAMUNDA_OAUTH_URL: tokenUrl, ZEEBE_TOKEN_AUDIENCE: "kiang", CAMUNDA_TOKEN_AUDIENCE: "kiang", CAMUNDA_TOKEN_DISK_CACHE_DISABLE: true,
  ZEEBE_GRPC_CLIENT_RETRY: false, CAMUNDA_OAUTH_RETRY_MAX: 1, CAMUNDA_OAUTH_RETRY_BASE_DELAY_MS: 1,
});

async function refused(work) {
  try {
    await work();
  } catch (error) {
    return true;
  }
  return false;
}

async function main() {
  const seen = {};
  const cluster = createCamundaClient({ config: settings(PASSWORD) });
  const me = await cluster.getAuthentication();
  seen.cluster = me.username ?? me.clientId;
  const sdk = new Camunda8(settings(PASSWORD));
  seen.deployed = (await sdk.getCamundaRestClient().deployResourcesFromFiles([`${folder}/simple.bpmn`])).processes.length;
  const grpc = sdk.getZeebeGrpcApiClient();
  seen.partitions = (await grpc.topology()).partitionsCount;
  const started = await grpc.createProcessInstance({ bpmnProcessId: "simple", variables: {} });
  const [job] = await grpc.activateJobs({ type: "simple", worker: "w", timeout: 30000, maxJobsToActivate: 1, requestTimeout: 3000 });
  seen.same = job.processInstanceKey === started.processInstanceKey;
  await grpc.close(1000);

  seen.refused = await refused(() => createCamundaClient({ config: settings("wrong") }).getTopology());
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
