/** A member in a process of its own, so that it can be killed for real; what it reads is handled here, as if this were its database. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Clock, deferred } from '@millrace/base'
import type { MemberEvents, MemberSettings } from './member.ts'
import type { Delivery } from './service.ts'

export type MessageToParent =
  | { readonly kind: 'assigned' | 'released'; readonly partitions: readonly number[] }
  | { readonly kind: 'deliver'; readonly delivery: Delivery }
  | { readonly kind: 'failed' | 'stalled'; readonly reason: string }

export type MessageToChild = { readonly kind: 'handled' } | { readonly kind: 'leave' }

const program = fileURLToPath(new URL('./member-child.ts', import.meta.url))
const leaveLimitMs = 1500

export class MemberProcess {
  readonly #clock: Clock
  readonly #events: MemberEvents
  readonly #child: ChildProcess
  readonly #ended = deferred<void>()
  #isLeaving = false

  constructor(settings: MemberSettings, events: MemberEvents, clock: Clock) {
    this.#clock = clock
    this.#events = events
    this.#child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(settings)], {
      // Ctrl-C is for the parent, which then asks its members to leave.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => void this.#onMessage(message as MessageToParent))
    this.#child.once('error', (error) => this.#onEnded(error.message))
    this.#child.once('exit', (code, signal) => this.#onEnded(`it ended with ${signal ?? code}`))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** `kill -9`: no goodbye, nothing committed. */
  async kill(): Promise<void> {
    this.#isLeaving = true
    this.#child.kill('SIGKILL')
    await this.#ended.promise
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#send({ kind: 'leave' })
    const insist = this.#clock.schedule(leaveLimitMs, () => this.#child.kill('SIGKILL'))
    await this.#ended.promise
    insist.cancel()
  }

  #send(message: MessageToChild): void {
    // It may have been killed in the meantime.
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  async #onMessage(message: MessageToParent): Promise<void> {
    switch (message.kind) {
      case 'assigned':
        return this.#events.onAssigned(message.partitions)
      case 'released':
        return this.#events.onReleased(message.partitions)
      case 'deliver':
        await this.#events.handle(message.delivery)
        return this.#send({ kind: 'handled' })
      case 'stalled':
        return this.#events.onStalled(message.reason)
      case 'failed':
        return this.#events.onFailed(new Error(message.reason))
    }
  }

  #onEnded(how: string): void {
    this.#ended.resolve()
    if (!this.#isLeaving) this.#events.onFailed(new Error(how))
  }
}
