/** The arguments of the suite. */
import { parseArgs } from 'node:util'

/** The oldest Node that the packages promise to run on: `engines` of every one of them. */
const oldestNode = '22.18.0'

export const usage = `Usage: npm run test:packages -- [options]
  --node FILE    a Node to run what is published with; may be repeated (default: this one, and ${oldestNode})
  --nodes LIST   Nodes to fetch and use, such as 22.18,24,26; or all
  --json FILE    write the figures of the last table there
  --only PARTS   some of: packages, types, nodes, clients, figures, release, docs`

export const parts = ['packages', 'types', 'nodes', 'clients', 'figures', 'release', 'docs'] as const
export type Part = (typeof parts)[number]

export interface Options {
  /** Paths of Nodes that are there. */
  readonly nodeFiles: readonly string[]
  /** Versions, or ranges of npm, of Nodes that are fetched. */
  readonly nodeVersions: readonly string[]
  readonly json: string | undefined
  readonly parts: readonly Part[]
}

function isPart(name: string): name is Part {
  return (parts as readonly string[]).includes(name)
}

/** Throws an Error that says what is wrong with them. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      node: { type: 'string', multiple: true },
      nodes: { type: 'string' },
      json: { type: 'string' },
      only: { type: 'string' },
    },
  })
  const isDefault = values.node === undefined && values.nodes === undefined
  const only = values.only?.split(',') ?? parts
  const unknown = only.filter((name) => !isPart(name))
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}`)
  return {
    nodeFiles: isDefault ? [process.execPath] : (values.node ?? []),
    nodeVersions: isDefault ? [oldestNode] : versionsOf(values.nodes),
    json: values.json,
    parts: only.filter(isPart),
  }
}

function versionsOf(list: string | undefined): string[] {
  if (list === undefined) return []
  return list === 'all' ? [oldestNode, '24', '26'] : list.split(',')
}
