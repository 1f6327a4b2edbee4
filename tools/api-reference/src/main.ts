/**
 * Writes the API reference of the SDK as HTML, from the doc comments, to `.docs/api` or the folder after `--out`.
 * An exported symbol or a public member without a doc comment, and a link that leads nowhere, fail. With `--check` nothing is written.
 * Ends with `N passed, N failed`: entries and problems.
 *
 * TypeDoc needs the compiler as a library, which TypeScript 7 is not: this package has a TypeScript of its own.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Application, LogLevel, TSConfigReader } from 'typedoc'
import { documentedFolders, entryFiles } from './entries.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, '.docs/api') }, check: { type: 'boolean', default: false } },
})
const entries = entryFiles(root)
const app = await Application.bootstrap(
  {
    name: 'Millrace',
    entryPoints: entries,
    tsconfig: join(root, 'tools/api-reference/tsconfig.reference.json'),
    readme: join(root, 'README.md'),
    logLevel: LogLevel.Warn,
    // The workspace's own compiler checks types, with newer rules.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    validation: { notDocumented: true, invalidLink: true, notExported: false, rewrittenLink: false },
    packagesRequiringDocumentation: documentedFolders.map((folder) =>
      folder === 'millrace' ? folder : `@millrace/${folder}`,
    ),
    requiredToBeDocumented: ['Variable', 'Function', 'Class', 'Interface', 'TypeAlias'],
  },
  [new TSConfigReader()],
)
const project = await app.convert()
if (project === undefined) throw new Error('TypeDoc could not read the sources')
app.validate(project)
if (!values.check) {
  await app.generateDocs(project, values.out)
  console.log(`The reference is in ${values.out}`)
}
const problems = app.logger.errorCount + app.logger.warningCount
console.log(`${entries.length} passed, ${problems} failed`)
process.exitCode = problems === 0 ? 0 : 1
