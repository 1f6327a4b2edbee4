/** The process of a {@link MemberProcess}: reads, and has its parent handle what it read. */
import { type Deferred, deferred } from '@millrace/base'
import { Member, type MemberSettings } from './member.ts'
import type { MessageToChild, MessageToParent } from './member-process.ts'

const settings = JSON.parse(process.argv[2] as string) as MemberSettings
/** Of the order that the parent has now. */
let handled: Deferred<void> | undefined

function tell(message: MessageToParent): void {
  if (process.connected) process.send?.(message)
}

const member = new Member(settings, {
  onAssigned: (partitions) => tell({ kind: 'assigned', partitions }),
  onReleased: (partitions) => tell({ kind: 'released', partitions }),
  onStalled: (reason) => tell({ kind: 'stalled', reason }),
  onFailed: (error) => tell({ kind: 'failed', reason: error.message }),
  handle(delivery) {
    handled = deferred()
    tell({ kind: 'deliver', delivery })
    return handled.promise
  },
})

process.on('message', async (message: MessageToChild) => {
  if (message.kind === 'handled') handled?.resolve()
  if (message.kind !== 'leave') return
  await member.leave()
  process.disconnect()
})
// The parent is gone, or has been told goodbye.
process.on('disconnect', () => process.exit())
