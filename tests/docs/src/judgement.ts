/**
 * What is expected of a command: the list of those that the suite knows how to judge. One that is not in it fails the suite, so a new
 * command in a README gets a line here.
 */
import { resolve } from 'node:path'

export interface ProducedRecord {
  readonly key: string
  readonly value: string
}

/** What the commands before have done. */
export interface Facts {
  /** Where commands run. */
  readonly directory: string
  /** By topic. */
  readonly produced: ReadonlyMap<string, readonly ProducedRecord[]>
}

export type Judgement =
  /** A broker: it must say that it is ready, on that port, with that directory; and end with 0 when it is asked to. */
  | { readonly kind: 'start'; readonly port: number; readonly data: string }
  /** Must exit with 0. `problemOf` says what is missing in its output. */
  | {
      readonly kind: 'run'
      /** It is about a broker that is not running. */
      readonly needsStopped: boolean
      readonly produces?: { readonly topic: string; readonly record: ProducedRecord }
      readonly problemOf: (output: string, facts: Facts) => string | undefined
    }
  /** A suite of its own, which is not run again: the script, or the file, must be there. */
  | { readonly kind: 'script'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }

const defaultPort = 9092
const defaultData = './.millrace'

/** What runs the `millrace` command: from a checkout, with the package installed, and with its folder of commands on the PATH. */
const launchers = ['npm run -s millrace -- ', 'npx millrace ', 'millrace ']

/** How the last line of a demo begins. */
const demoVerdicts: ReadonlyMap<string, string> = new Map([
  ['npm run demo -- --quick', 'Demo'],
  ['npm run demo:logs', 'Logs'],
])

/** Undefined for a command that is not known. */
export function judgementOf(command: string): Judgement | undefined {
  const started = /^(?:npm start(?: --( .*))?|npx millrace start( .*)?)$/.exec(command)
  if (started !== null) return start(words(started[1] ?? started[2] ?? ''))
  if (command === 'npm test') return { kind: 'script', name: 'test' }
  const suite = /^npm run (test:[\w-]+)$/.exec(command)?.[1]
  if (suite !== undefined) return { kind: 'script', name: suite }
  // The same demo in full takes longer and shows nothing else.
  if (command === 'npm run demo') return { kind: 'script', name: 'demo' }
  const demo = demoVerdicts.get(command)
  if (demo !== undefined) return { kind: 'run', needsStopped: false, problemOf: (output) => demoProblem(output, demo) }
  if (command === 'npm run bench -- list') return { kind: 'run', needsStopped: false, problemOf: benchProblem }
  if (command === 'bash .ci/run') return { kind: 'file', path: '.ci/run' }
  const [, key, value, rest] = /^echo "([^":]+):([^"]+)" \| (.*)$/.exec(command) ?? []
  const launched = launchers.find((each) => (rest ?? command).startsWith(each))
  if (launched === undefined) return undefined
  const args = words((rest ?? command).slice(launched.length))
  return key === undefined || value === undefined ? run(args) : produce(args, { key, value })
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

function optionOf(args: readonly string[], option: string): string | undefined {
  const index = args.indexOf(option)
  return index === -1 ? undefined : args[index + 1]
}

function start(args: readonly string[]): Judgement {
  const port = Number(optionOf(args, '--port') ?? defaultPort)
  return { kind: 'start', port, data: optionOf(args, '--data') ?? defaultData }
}

function produce([verb, topic, ...options]: readonly string[], record: ProducedRecord): Judgement | undefined {
  if (verb !== 'produce' || topic === undefined || options.join(' ') !== '--key-separator :') return undefined
  return { kind: 'run', needsStopped: false, produces: { topic, record }, problemOf: () => undefined }
}

function run(args: readonly string[]): Judgement | undefined {
  const [first, second, ...rest] = args
  const common = { kind: 'run', needsStopped: false } as const
  if (args.join(' ') === '--help') return { ...common, problemOf: helpProblem }
  if (first === 'consume' && second !== undefined && rest.join(' ') === '--from-beginning --exit-at-end --json') {
    return { ...common, problemOf: (output, facts) => consumeProblem(output, facts.produced.get(second) ?? []) }
  }
  if (first === 'topic' && second === 'describe' && rest.length === 1) {
    const [topic = ''] = rest
    return { ...common, problemOf: (output, facts) => describeProblem(output, topic, facts.produced.get(topic) ?? []) }
  }
  if (first === 'kafka-config' && (args.length === 1 || (second === '--data' && rest.length === 1))) {
    const data = rest[0] ?? defaultData
    return { ...common, needsStopped: true, problemOf: (output, facts) => kafkaConfigProblem(output, facts, data) }
  }
  return undefined
}

function missing(output: string, expected: readonly string[]): string | undefined {
  const absent = expected.filter((text) => !output.includes(text))
  return absent.length === 0 ? undefined : `it does not show ${absent.map((text) => JSON.stringify(text)).join(', ')}`
}

function benchProblem(output: string): string | undefined {
  return missing(output, ['limits', 'produce', 'consume', 'start'])
}

function helpProblem(output: string): string | undefined {
  return missing(output, ['start', 'produce', 'topic describe', 'kafka-config'])
}

/** All checks of a demo must have passed, and there must have been some. */
function demoProblem(output: string, name: string): string | undefined {
  const [, passed, made] = new RegExp(`^${name}: (\\d+) of (\\d+) checks passed, `, 'm').exec(output) ?? []
  if (passed === undefined) return missing(output, [`${name}: N of N checks passed`])
  return passed === made && Number(made) > 0 ? undefined : `${passed} of ${made} checks passed`
}

function consumeProblem(output: string, produced: readonly ProducedRecord[]): string | undefined {
  if (produced.length === 0) return 'nothing was produced before it'
  const lines = output.split('\n').filter((line) => line !== '')
  const consumed: ProducedRecord[] = lines.map((line) => JSON.parse(line))
  if (consumed.length !== produced.length)
    return `${consumed.length} records are shown, ${produced.length} were produced`
  const lost = produced.find(({ key, value }) => !consumed.some((each) => each.key === key && each.value === value))
  return lost === undefined ? undefined : `the record ${lost.key}:${lost.value} is not among them`
}

/** A line for each partition below the head of the table, with its end offset in the last column. */
function describeProblem(output: string, topic: string, produced: readonly ProducedRecord[]): string | undefined {
  const lines = output.trimEnd().split('\n')
  const head = lines.findIndex((line) => line.endsWith('END OFFSET'))
  if (head === -1 || !output.includes(topic)) return missing(output, [topic, 'END OFFSET\n'])
  const offsets = lines.slice(head + 1).map((line) => Number(line.trim().split(/\s+/).at(-1)))
  const count = offsets.reduce((sum, offset) => sum + offset, 0)
  return count === produced.length ? undefined : `its end offsets add up to ${count}, ${produced.length} were produced`
}

function kafkaConfigProblem(output: string, { directory }: Facts, data: string): string | undefined {
  return missing(output, ['process.roles=broker,controller', 'node.id=1', `log.dirs=${resolve(directory, data)}\n`])
}
