/** The packed command and clients against each other, as installed and as bundles, on each Node; and what they cost. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withBroker } from './broker.ts'
import { bundleProgram, checkProgram, type Program, placeProgram, programs } from './clients.ts'
import { checkCommand } from './command.ts'
import { type Candidate, formatFigures, measure, sizeOnDisk } from './figures.ts'
import type { NodeBinary } from './nodes.ts'
import { fromTarballs, installProject, type Suite } from './suite.ts'

/** Other clients, which are measured in the same run. */
const others = { kafkajs: '2.2.4', '@platformatic/kafka': '2.12.1' }

/** Producer, consumer and admin together, with all that they need. */
const clientsSizeMax = 3_000_000

const programNames: readonly Program[] = ['clients', 'umbrella']

interface ClientProject {
  readonly name: Program
  readonly project: string
  /** The program as it is, and bundled. */
  readonly files: readonly string[]
}

async function prepare(suite: Suite, name: Program): Promise<ClientProject> {
  const project = await installProject(suite, name, fromTarballs(programs[name]))
  const program = placeProgram(name, project)
  // A bundle lies where nothing is installed.
  const bundle = join(suite.workspace, 'bundles', `${name}.mjs`)
  await suite.report.check(`esbuild makes one file of ${name}`, () => bundleProgram(program, bundle))
  return { name, project, files: [program, bundle] }
}

/** Of the installed `millrace`. */
const commandIn = (project: string) => join(project, 'node_modules/millrace/dist/bin.js')

async function useClients(
  suite: Suite,
  node: NodeBinary,
  clients: readonly ClientProject[],
  bin: string,
): Promise<void> {
  const folder = join(suite.workspace, `beside-${node.version}`)
  mkdirSync(folder)
  let count = 0
  await suite.report.check(`Node ${node.version}: the broker starts for clients, and stops`, () =>
    withBroker(node, bin, folder, async (address) => {
      for (const { name, files } of clients) {
        for (const file of files) {
          const what = file.includes('bundles') ? 'bundled' : 'installed'
          await suite.report.check(`Node ${node.version}: ${name}, ${what}, produce, consume and list topics`, () =>
            checkProgram(node, file, address, `topic-${++count}`, join(folder, 'empty')),
          )
        }
      }
    }),
  )
}

/** The command, and the clients, on every Node. */
export async function checkClients(suite: Suite, hasUse: boolean, figures: { json: string | undefined } | undefined) {
  const clients: ClientProject[] = []
  for (const name of programNames) clients.push(await prepare(suite, name))
  const umbrella = clients.find(({ name }) => name === 'umbrella')?.project ?? ''
  const version = suite.packages.find(({ name }) => name === 'millrace')?.manifest.version ?? ''
  for (const node of hasUse ? suite.nodes : []) {
    const folder = join(suite.workspace, `command-${node.version}`)
    await suite.report.check(`Node ${node.version}: the command does its job from an empty folder`, () =>
      checkCommand(node, commandIn(umbrella), folder, version),
    )
    await useClients(suite, node, clients, commandIn(umbrella))
  }
  if (figures !== undefined) await showFigures(suite, clients, figures.json)
}

async function showFigures(suite: Suite, clients: readonly ClientProject[], json: string | undefined): Promise<void> {
  const [node] = suite.nodes
  if (node === undefined) return
  const candidates: Candidate[] = []
  for (const { name, project } of clients) {
    const specifiers = programs[name]
    const bundle = join(suite.workspace, 'bundles', `${name}-imports.mjs`)
    await suite.report.check(`esbuild makes one minified file of ${specifiers.join(', ')}`, () =>
      bundleProgram(writeImports(specifiers, project), bundle, true),
    )
    const label = specifiers.map((specifier) => specifier.replace('@millrace/', '')).join(' + ')
    candidates.push({ name: label, specifiers, project, isInstalled: true })
    candidates.push({ name: `${label}, as one minified file`, specifiers: [bundle], project })
  }
  for (const [name, version] of Object.entries(others)) {
    const project = await installProject(suite, name.replace('/', '-'), { [name]: version })
    candidates.push({ name: `${name} ${version}`, specifiers: [name], project, isInstalled: true })
  }
  const builtins = ['node:net', 'node:diagnostics_channel', 'node:worker_threads']
  candidates.push({ name: 'what of Node they load', specifiers: builtins, project: suite.workspace })
  const measured = await suite.report.check('imports are timed', () => measure(node, candidates))
  console.log(`\nTime to import, in fresh processes of Node ${node.version}, and size on disk:\n`)
  console.log(`${formatFigures(measured ?? [])}\n`)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ node: node.version, figures: measured }, null, 2)}\n`)
  await suite.report.check(
    `producer, consumer and admin take less than ${clientsSizeMax / 1_000_000} MB on disk`,
    () => {
      const size = sizeOnDisk(join(clients[0]?.project ?? '', 'node_modules'))
      if (size > clientsSizeMax) throw new Error(`They take ${(size / 1_000_000).toFixed(2)} MB`)
    },
  )
}

/** A module that keeps all that the packages export, so that the bundle is what the import is compared with. */
function writeImports(specifiers: readonly string[], project: string): string {
  const file = join(project, 'imports.mjs')
  writeFileSync(file, specifiers.map((name, index) => `export * as package${index} from '${name}'`).join('\n'))
  return file
}
