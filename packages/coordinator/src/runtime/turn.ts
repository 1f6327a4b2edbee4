/** Collects the consequences of one command while a shard decides. */
import type { CommandContext, Decision, ProducerIdentity, TimerEffect, Token, TransactionMarker } from './shard.ts'
import { type Answer, noToken } from './shard.ts'

export class Turn<Command, Entry, Reply> implements Decision<Command, Entry, Reply> {
  readonly now: number
  readonly token: Token
  readonly entries: Entry[] = []
  readonly answers: Answer<Reply>[] = []
  readonly timers: TimerEffect<Command>[] = []
  producer: ProducerIdentity | undefined
  marker: TransactionMarker | undefined

  constructor(context: CommandContext | { readonly now: number }) {
    this.now = context.now
    this.token = 'token' in context ? context.token : noToken
  }

  append(entry: Entry): void {
    this.entries.push(entry)
  }

  reply(token: Token, reply: Reply): void {
    if (token !== noToken) this.answers.push({ token, outcome: { kind: 'reply', reply } })
  }

  fail(token: Token, errorCode: number): void {
    if (token !== noToken) this.answers.push({ token, outcome: { kind: 'failed', errorCode } })
  }

  schedule(key: string, delayMs: number, command: Command): void {
    this.timers.push({ kind: 'schedule', key, delayMs, command })
  }

  cancel(key: string): void {
    this.timers.push({ kind: 'cancel', key })
  }
}
