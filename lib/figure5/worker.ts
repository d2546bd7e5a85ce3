/** A thread that counts failures, task by task. */
import { parentPort } from 'node:worker_threads'
import { countFailures, type FailureTask } from './simulate'

parentPort?.on('message', (task: FailureTask) => {
  parentPort?.postMessage(countFailures(task))
})
