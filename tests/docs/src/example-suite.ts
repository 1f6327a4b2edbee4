/** Every example of every package's README and of the guides: type-checked as it stands, all in one run, then run by itself, each with a broker of its own. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCluster } from '@millrace/testing'
import { Child } from './child.ts'
import { foreignBlocksOf } from './command.ts'
import { connects, type Example, examplesOf, fedTopicsOf, withAddress } from './example.ts'
import { ExampleFiles } from './example-files.ts'
import { Feed } from './feed.ts'
import type { Report } from './report.ts'

const checkLimitMs = 60_000
const runLimitMs = 60_000
/** How long an endless example has to print something, and then to go wrong. */
const printLimitMs = 30_000
const endlessRunMs = 2_000
const sourceFlags = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']

/** Guides for users of the SDK. */
const guideFolder = 'docs/migration'

/** The package whose README tells its readers commands: the command suite runs them. */
export const commandPackage = 'packages/millrace'

export async function runExamples(report: Report, root: string, directory: string): Promise<void> {
  const examples: Example[] = []
  for (const name of readdirSync(join(root, 'packages')).toSorted()) {
    const folder = `packages/${name}`
    const path = join(root, folder, 'README.md')
    if (existsSync(path)) examples.push(...(await readExamples(report, root, folder, `${folder}/README.md`)))
    else report.print(`        ${folder} has no README.md, which tests/tidy asks for`)
  }
  for (const name of readdirSync(join(root, guideFolder)).toSorted()) {
    examples.push(...(await readExamples(report, root, commandPackage, `${guideFolder}/${name}`)))
  }
  const files = new ExampleFiles(root)
  try {
    await checkTypes(report, root, files, examples)
    for (const example of examples) await runExample(report, root, files, example, directory)
  } finally {
    files.remove()
  }
  const count = examples.filter(({ mode }) => mode.kind !== 'not-run').length
  report.print(`        Examples: ${examples.length} type-checked, ${count} of them run`)
}

/** All code of a document is an example, or text that says so: nothing is passed over in silence. */
async function readExamples(report: Report, root: string, folder: string, document: string): Promise<Example[]> {
  let examples: Example[] = []
  const content = readFileSync(join(root, document), 'utf8')
  await report.run(`${document} has no code but examples`, () => {
    examples = examplesOf(folder, document, content)
    const foreign = foreignBlocksOf(content, ['ts', 'text'], document === `${commandPackage}/README.md`)
    if (foreign.length === 0) return `${examples.length} found`
    const lines = foreign.map(({ line }) => line).join(', ')
    throw new Error(`Nothing runs the code in line ${lines}: make it a fence of ts, or of text if it is no code`)
  })
  return examples
}

async function checkTypes(report: Report, root: string, files: ExampleFiles, examples: readonly Example[]) {
  const paths = examples.map((example) => files.write(example, 'check', example.source))
  const config = files.writeConfig(paths)
  const tsc = new Child(join(root, 'node_modules/.bin/tsc'), ['-p', config, '--pretty', 'false'], { cwd: root })
  const { code } = await tsc.endsWithin(checkLimitMs)
  const errors = tsc.output.split(/\n(?=\S)/)
  let foundCount = 0
  for (const [index, example] of examples.entries()) {
    await report.run(`${nameOf(example)} is type-checked`, () => {
      const own = errors.filter((error) => error.startsWith(`${paths[index]}(`))
      foundCount += own.length
      if (own.length > 0) throw new Error(own.join('\n').replaceAll(paths[index] as string, example.document))
      return undefined
    })
  }
  if (code === 0 || foundCount > 0) return
  await report.run('tsc has nothing else to say', () => {
    throw new Error(tsc.said)
  })
}

function nameOf({ document, line }: Example): string {
  return `${document}:${line}`
}

async function runExample(report: Report, root: string, files: ExampleFiles, example: Example, directory: string) {
  const { mode, source } = example
  if (mode.kind === 'not-run') return report.print(`        ${nameOf(example)} is not run: ${mode.reason}`)
  await report.run(`${nameOf(example)} is run`, async () => {
    const cwd = mkdtempSync(join(directory, 'example-'))
    if (!connects(source)) return runFile(root, files.write(example, 'run', source), cwd, mode.kind)
    await using cluster = await startCluster({ data: { directory: join(cwd, '.broker') } })
    const address = cluster.bootstrapServers
    const topics = fedTopicsOf(source)
    const feed = topics.length === 0 ? undefined : await Feed.start(address, topics)
    try {
      const note = await runFile(root, files.write(example, 'run', withAddress(source, address)), cwd, mode.kind)
      return topics.length === 0 ? note : `${note}, with records in ${topics.join(', ')}`
    } finally {
      await feed?.stop()
    }
  })
}

async function runFile(root: string, path: string, cwd: string, kind: 'ends' | 'endless'): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = new Child(process.execPath, [...sourceFlags, join(root, path)], { cwd, env })
  try {
    if (kind === 'endless') return await watchEndless(child)
    await child.succeedsWithin(runLimitMs)
    return `ended by itself${complaintOf(child)}`
  } finally {
    await child.kill()
  }
}

/**
 * What it wrote to standard error, for the reader of the report: an example may well say there what it waits for. A warning of Node's
 * is a failure.
 */
function complaintOf(child: Child): string {
  if (/^\(node:\d+\)/m.test(child.errors)) throw new Error(`made Node warn. ${child.said}`)
  return child.errors === '' ? '' : `, and said ${JSON.stringify(child.errors.trim())}`
}

/** It may end by itself, with 0; else it must print, and not fail until it is ended. */
async function watchEndless(child: Child): Promise<string> {
  await child.prints(/\S/, printLimitMs)
  const pause = new Promise<void>((resolve) => setTimeout(resolve, endlessRunMs))
  const ending = await Promise.race([child.ended, pause])
  if (ending !== undefined && ending.code !== 0) throw new Error(`ended with ${ending.code}. ${child.said}`)
  return `${ending === undefined ? 'was ended after it had printed' : 'ended by itself'}${complaintOf(child)}`
}
