/** Every scenario, in the order of RESULTS.md. */
import type { Scenario } from '../bench.ts'
import { brokerConsume } from './broker-consume.ts'
import { brokerProduce } from './broker-produce.ts'
import { codecsScenario } from './codecs.ts'
import { consume } from './consume.ts'
import { limits } from './limits.ts'
import { log } from './log.ts'
import { produce } from './produce.ts'
import { start } from './start.ts'

export const scenarios: readonly Scenario[] = [
  limits,
  brokerProduce,
  brokerConsume,
  produce,
  consume,
  start,
  log,
  codecsScenario,
]
