/** A shard small enough to see through, for the tests of the runtime: a register per key, and requests that wait for a key. */
import { SnapshotRegistry, TimelineMap } from '@millrace/base'
import type { Shard, ShardState, Token } from '../src/runtime/shard.ts'
import { Turn } from '../src/runtime/turn.ts'

export type ToyCommand =
  | { readonly kind: 'put'; readonly pairs: readonly (readonly [key: string, value: string | null])[] }
  /** Answered by the next put of the key. */
  | { readonly kind: 'wait'; readonly key: string }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'putLater'; readonly key: string; readonly value: string; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly key: string }

export interface ToyEntry {
  readonly key: string
  readonly value: string | null
}

export interface ToyState extends ShardState {
  readonly values: TimelineMap<string, string>
  readonly waiting: Map<string, Token[]>
}

type ToyTurn = Turn<ToyCommand, ToyEntry, string>

export const toyShard: Shard<ToyState, ToyCommand, string, ToyEntry, string> = {
  create() {
    const timeline = new SnapshotRegistry()
    return { timeline, values: new TimelineMap(timeline), waiting: new Map() }
  },
  decide(state, command, context) {
    const turn: ToyTurn = new Turn(context)
    decide(state, command, turn)
    return turn
  },
  apply(state, { key, value }) {
    if (value === null) state.values.delete(key)
    else state.values.set(key, value)
  },
  endTransaction() {},
  query: (state, key, { committedOffset }) => state.values.getAt(key, committedOffset) ?? 'none',
  loaded: (_state, now) => new Turn({ now }),
  reverted: failWaiting,
  refused: (state, entries, now) => failWaiting(state, now, new Set(entries.map(({ key }) => key))),
  encode: ({ key, value }) => ({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }),
  decode: (key, value) => (key.length === 0 ? undefined : { key: `${key}`, value: value === null ? null : `${value}` }),
  inspect: (state) => Object.fromEntries(state.values),
}

function decide(state: ToyState, command: ToyCommand, turn: ToyTurn) {
  switch (command.kind) {
    case 'put':
      for (const [key, value] of command.pairs) {
        turn.append({ key, value })
        for (const token of state.waiting.get(key) ?? []) turn.reply(token, `saw ${value}`)
        state.waiting.delete(key)
      }
      return turn.reply(turn.token, 'put')
    case 'wait':
      state.waiting.set(command.key, [...(state.waiting.get(command.key) ?? []), turn.token])
      return
    case 'get':
      return turn.reply(turn.token, state.values.get(command.key) ?? 'none')
    case 'putLater': {
      const { key, value, delayMs } = command
      turn.schedule(key, delayMs, { kind: 'put', pairs: [[key, value]] })
      return turn.reply(turn.token, 'scheduled')
    }
    case 'cancel':
      turn.cancel(command.key)
      return turn.reply(turn.token, 'cancelled')
  }
}

function failWaiting(state: ToyState, now: number, keys: ReadonlySet<string> | undefined = undefined): ToyTurn {
  const turn: ToyTurn = new Turn({ now })
  for (const [key, tokens] of state.waiting) {
    if (keys !== undefined && !keys.has(key)) continue
    for (const token of tokens) turn.fail(token, 15)
    state.waiting.delete(key)
  }
  return turn
}
