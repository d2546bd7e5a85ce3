/**
 * Finds worker threads that each number their own samples: with the same seed, they give different samples
 * the same masks. They broadcast what they draw from; a thread that receives its own key warns.
 */
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'
import { orUndefined, warnOnce } from '../core/environment'

const own = new Set<string>()
let channel: BroadcastChannel | undefined

/** Tells the other threads that this worker thread numbers the samples that it draws from `key`. */
export function announceNumbers(key: string): void {
  if (isMainThread || own.has(key)) return
  own.add(key)
  channel ??= orUndefined(open)
  channel?.postMessage({ key, thread: threadId })
}

function open(): BroadcastChannel {
  const opened = new BroadcastChannel('gridmask.numbers')
  opened.onmessage = (event) => {
    const { data } = event as { data?: { key?: unknown; thread?: unknown } }
    if (data?.thread === threadId || !own.has(data?.key as string)) return
    warnOnce(
      'GRIDMASK_WORKERS',
      'Several worker threads with the same seed each number their samples from 0, so their samples get ' +
        'the same masks. Pass the place of each batch in the epoch as `index`: docs/loading.md',
    )
  }
  // It must not keep the thread alive.
  opened.unref()
  return opened
}
