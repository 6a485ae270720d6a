// One story for the clients of Node.js, which have the same methods: node story.js CLIENT GRPC_ADDRESS REST_URL FOLDER
// Prints what happened as one JSON object; stops with an error at the first thing that does not work.
const path = require('path')
const [client, address, restUrl, folder] = process.argv.slice(2)
const order = path.join(folder, 'order.bpmn')
const guarded = path.join(folder, 'guarded.bpmn')

const clients = {
  'zeebe-node': () => {
    const { ZBClient } = require('zeebe-node')
    return new ZBClient(address, { useTLS: false, retry: false, loglevel: 'NONE' })
  },
  'camunda8-sdk': () => {
    const { Camunda8 } = require('@camunda8/sdk')
    return new Camunda8({
      ZEEBE_GRPC_ADDRESS: `grpc://${address}`,
      CAMUNDA_AUTH_STRATEGY: 'NONE',
      ZEEBE_GRPC_CLIENT_RETRY: false,
      ZEEBE_GRPC_WORKER_LONGPOLL_SECONDS: 5,
      CAMUNDA_LOG_LEVEL: 'none',
    }).getZeebeGrpcApiClient()
  },
}

async function refused(promise) {
  try {
    await promise
  } catch (error) {
    return { code: error.code, details: error.details }
  }
  throw new Error('was not refused')
}

async function incidentOf(processInstanceKey) {
  const found = await fetch(`${restUrl}/v2/incidents/search`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ filter: { processInstanceKey: String(processInstanceKey), state: 'ACTIVE' } }),
  })
  return (await found.json()).items[0]
}

async function main() {
  const zeebe = clients[client]()
  const seen = { topology: await zeebe.topology() }
  const deployed = await zeebe.deployResource({ processFilename: order })
  seen.deployed = deployed.deployments[0].process
  await zeebe.deployResource({ processFilename: guarded })

  // A worker of each type that polls; the payment fails at its first try.
  let payments = 0
  const workers = [
    zeebe.createWorker({
      taskType: 'process-payment',
      taskHandler: (job) => {
        payments += 1
        seen.headers = job.customHeaders
        if (payments === 1) return job.fail('the card terminal is asleep', job.retries - 1)
        return job.complete({ paid: job.variables.amount, retriesLeft: job.retries })
      },
    }),
    zeebe.createWorker({ taskType: 'fetch-items', taskHandler: (job) => job.complete({ items: 3 }) }),
    zeebe.createWorker({ taskType: 'ship-parcel', taskHandler: (job) => job.complete({ parcel: 'ÄÖÜ-取' }) }),
  ]
  seen.result = await zeebe.createProcessInstanceWithResult({
    bpmnProcessId: 'order',
    variables: { amount: 30, precise: '9007199254740993' },
    requestTimeout: 30000,
  })
  await Promise.all(workers.map((worker) => worker.close()))

  // Commands of one job: an error that is caught, retries, an incident that is resolved, a message.
  const activate = async (type = 'risky') => {
    const jobs = await zeebe.activateJobs({ type, worker: 'story', timeout: 30000, maxJobsToActivate: 1, requestTimeout: 5000 })
    return jobs[0]
  }
  await zeebe.createProcessInstance({ bpmnProcessId: 'guarded', variables: { order: 'o-1' } })
  const first = await activate()
  await zeebe.throwError({ jobKey: first.key, errorCode: 'BROKEN', errorMessage: 'it broke', variables: { why: 'x' } })
  seen.completeAfterError = await refused(zeebe.completeJob({ jobKey: first.key, variables: {} }))

  const started = await zeebe.createProcessInstance({ bpmnProcessId: 'guarded', variables: { order: 'o-2' } })
  const second = await activate()
  seen.variables = second.variables
  await zeebe.setVariables({ elementInstanceKey: started.processInstanceKey, variables: { set: true }, local: false })
  await zeebe.failJob({ jobKey: second.key, retries: 0, errorMessage: 'nothing works', retryBackOff: 0 })
  const incident = await incidentOf(started.processInstanceKey)
  seen.incident = { type: incident.errorType, message: incident.errorMessage }
  await zeebe.updateJobRetries({ jobKey: second.key, retries: 1 })
  await zeebe.resolveIncident({ incidentKey: incident.incidentKey })
  const again = await activate()
  seen.again = { same: again.key === second.key, variables: again.variables }
  await zeebe.completeJob({ jobKey: again.key, variables: {} })
  seen.message = await zeebe.publishMessage({ name: 'go', correlationKey: 'o-2', timeToLive: 60000, variables: {} })
  seen.signal = await zeebe.broadcastSignal({ signalName: 'nobody listens', variables: {} })

  const cancelled = await zeebe.createProcessInstance({ bpmnProcessId: 'guarded', variables: { order: 'o-3' } })
  await zeebe.cancelProcessInstance(cancelled.processInstanceKey)
  seen.cancelTwice = await refused(zeebe.cancelProcessInstance(cancelled.processInstanceKey))
  seen.unknownProcess = await refused(zeebe.createProcessInstance({ bpmnProcessId: 'nobody', variables: {} }))

  // A worker that streams, where the client has one.
  if (zeebe.streamJobs) {
    const streamed = []
    const stream = await zeebe.streamJobs({
      type: 'risky',
      worker: 'streaming',
      timeout: 30000,
      taskHandler: (job) => {
        streamed.push(job.variables.order)
        return job.complete({})
      },
    })
    for (let n = 0; n < 20; n++) {
      await zeebe.createProcessInstance({ bpmnProcessId: 'guarded', variables: { order: `s-${n}` } })
    }
    for (let n = 0; n < 300 && streamed.length < 20; n++) await new Promise((resolve) => setTimeout(resolve, 50))
    stream.close()
    seen.streamed = streamed.sort()
  }
  await zeebe.close(1000)
  console.log(JSON.stringify(seen))
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
