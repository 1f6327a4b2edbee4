/** `docs/configuration.md`: what every key is and how far Millrace is with it, written from the tables. */
import { brokerKeys } from './broker-keys.ts'
import { documentationOf } from './documentation.ts'
import type { ConfigKey, ConfigTable } from './key.ts'
import { millraceKeys } from './millrace-keys.ts'
import { singleNodeDefaults } from './single-node-defaults.ts'
import { topicKeys } from './topic-keys.ts'
import { formatValue } from './value.ts'

const introduction = `# Configuration

Millrace takes the configuration keys of Apache Kafka 4.3 with their names, types, defaults and ranges, in the same
\`server.properties\` files. Nothing is ignored in silence:

| support | meaning |
|---|---|
| served | it has its effect |
| served: *values* | only these values have their effect so far; others are refused |
| no effect | it is taken and shown; setting it logs why it does nothing here |
| later | it is taken and shown; setting it logs that its effect is still to come |
| no | any value but the default is refused: "not supported yet" |

A key that nobody knows is refused as well. Keys of groups and of client-metrics subscriptions are described with
their defaults and can not be changed yet.`

/** The whole page. */
export function configurationMarkdown(): string {
  return `${[
    introduction,
    section(
      'Keys of Millrace',
      'They are set in the file only; clients of Kafka do not see them.',
      millraceKeys,
      plain,
    ),
    singleNodeSection(),
    section('Keys of topics', 'They can be changed at any time.', topicKeys, plain),
    section(
      'Keys of brokers',
      'Those that say *running* can be changed while the broker runs: for *one* broker, or for one or *all*.',
      brokerKeys,
      [...plain.slice(0, 4), { title: 'running', text: shownUpdate }, ...plain.slice(4)],
    ),
  ].join('\n\n')}\n`
}

function singleNodeSection(): string {
  const rows = singleNodeDefaults.map(({ name, value, reason }) => `| ${name} | \`${value}\` | ${reason} |`)
  return [
    '## What a single node sets',
    '`millrace start` and the test kit begin with these; anything given besides replaces them.',
    ['| key | value | why not as in Kafka |', '|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}

function section(title: string, note: string, table: ConfigTable, columns: readonly Column[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const keys = [...table.values()].filter(({ isInternal }) => !isInternal)
  const rows = keys.map((key) => line(columns.map(({ text }) => text(key))))
  const head = [line(columns.map(({ title }) => title)), `|${'---|'.repeat(columns.length)}`]
  return [`## ${title}`, note, [...head, ...rows].join('\n')].join('\n\n')
}

interface Column {
  readonly title: string
  text(key: ConfigKey): string
}

function shownDefault(key: ConfigKey): string {
  if (key.isRequired) return '(required)'
  const text = formatValue(key.type, key.default)
  if (text === null) return '(none)'
  return text === '' ? '(empty)' : `\`${text}\``
}

function shownUpdate({ update, support }: ConfigKey): string {
  if (support.kind === 'served' && support.onlyAtStart) return ''
  return { 'read-only': '', 'per-broker': 'one', 'cluster-wide': 'all', any: '' }[update ?? 'any']
}

function shownSupport({ support }: ConfigKey): string {
  switch (support.kind) {
    case 'served':
      return support.values === undefined ? 'served' : `served: ${support.values.join(', ')}`
    case 'accepted':
      return 'no effect'
    case 'deferred':
      return 'later'
    default:
      return 'no'
  }
}

const plain: readonly Column[] = [
  { title: 'key', text: ({ name }) => name },
  { title: 'type', text: ({ type }) => type },
  { title: 'default', text: shownDefault },
  { title: 'values', text: ({ valid }) => valid?.text ?? '' },
  { title: 'support', text: shownSupport },
  { title: 'what it does', text: (key) => (key.support.kind === 'unsupported' ? '' : documentationOf(key)) },
]
