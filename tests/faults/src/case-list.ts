/** All cases, by name: each flow without a fault, with every fault at every exchange, and with every disturbance. */
import { type Random, shuffle } from '@millrace/base'
import { apiByKey, Produce } from '@millrace/protocol'
import { type Disturbance, disturbances, needsOwnBroker } from './disturbance.ts'
import { type Fault, faultName, parseFault, plainKinds, refusals } from './fault.ts'
import { admin } from './flows/admin.ts'
import { consume, members } from './flows/consume.ts'
import type { Flow } from './flows/flow.ts'
import { produce, producePlain } from './flows/produce.ts'
import { topicChanges } from './flows/topic-changes.ts'
import { canThrottle, hasErrorLevels } from './proxy/error-injection.ts'
import { retriableErrorsOf } from './retriable-errors.ts'

export interface Case {
  readonly name: string
  readonly flow: Flow
  readonly fault?: Fault
  readonly disturbance?: Disturbance
}

/** An exchange of a flow that nothing happens to. */
export interface SeenExchange {
  readonly apiKey: number
  readonly apiVersion: number
}

/** The flows whose exchanges are struck one by one. */
export const flows: readonly Flow[] = [produce, producePlain, consume, members, admin]
const withoutFault = 'nothing happens'

export function plainCase(flow: Flow): Case {
  return { name: `${flow.name}: ${withoutFault}`, flow }
}

function faultCase(flow: Flow, fault: Fault): Case {
  return { name: `${flow.name}: ${faultName(fault)}`, flow, fault }
}

/** Cases that are not about one exchange. */
export const disturbedCases: readonly Case[] = [
  ...flows.flatMap((flow) =>
    disturbances.map((disturbance) => ({ name: `${flow.name}: ${disturbance}`, flow, disturbance })),
  ),
  ...topicChanges.map((flow) => plainCase(flow)),
]

/** Every fault that is possible at exchange number `at`, as it was when nothing happened. */
function faultsAt(at: number, { apiKey, apiVersion }: SeenExchange): Fault[] {
  const api = apiByKey(apiKey)
  const faults: Fault[] = plainKinds.map((kind) => ({ kind, at }))
  if (api === undefined) return faults
  if (canThrottle(api, apiVersion)) faults.push({ kind: 'reply throttled', at })
  for (const error of retriableErrorsOf(apiKey)) {
    faults.push({ kind: 'reply replaced', at, error, place: 'everywhere' })
    if (hasErrorLevels(api, apiVersion)) faults.push({ kind: 'reply replaced', at, error, place: 'items' })
  }
  if (apiKey === Produce.key) {
    for (const error of refusals) faults.push({ kind: 'request refused', at, error, place: 'everywhere' })
  }
  return faults
}

export function faultCases(flow: Flow, exchanges: readonly SeenExchange[]): Case[] {
  return exchanges.flatMap((exchange, index) => faultsAt(index + 1, exchange).map((fault) => faultCase(flow, fault)))
}

/** The case of a whole name, whether or not that exchange carries such a fault when nothing happens; undefined for no such name. */
export function caseByName(name: string): Case | undefined {
  const known = [...flows.map(plainCase), ...disturbedCases].find((each) => each.name === name)
  if (known !== undefined) return known
  const flow = flows.find((each) => name.startsWith(`${each.name}: `))
  const fault = flow === undefined ? undefined : parseFault(name.slice(flow.name.length + 2))
  return flow === undefined || fault === undefined ? undefined : faultCase(flow, fault)
}

/** `count` of the cases, drawn; all when there are no more. */
export function sampleOf(cases: readonly Case[], count: number, random: Random): Case[] {
  return shuffle(random, [...cases]).slice(0, count)
}

export function hasOwnBroker({ disturbance }: Case): boolean {
  return needsOwnBroker(disturbance)
}
