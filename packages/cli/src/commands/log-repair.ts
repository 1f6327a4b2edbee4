/** `millrace log repair`: rebuilds and cuts what can be without guessing; every original is kept beside its file. */

import { loadNativeCrc32c } from '@millrace/base'
import { type Command, exitCode } from '../command.ts'
import { baseNameOf, countOf, findingText } from '../finding-text.ts'

export const logRepairCommand: Command = {
  name: 'log repair',
  summary: 'Repair the data of a stopped broker, as far as nothing is guessed; originals are kept',
  positionals: [{ name: 'path', summary: 'log directories, a partition’s directory, or a file', isMany: true }],
  options: {
    'dry-run': { kind: 'flag', summary: 'Say what would be done, and change nothing' },
    'truncate-at-damage': {
      kind: 'flag',
      summary: 'End damaged logs where the damage begins: the records after it are no longer in the log',
    },
  },
  examples: [
    { command: 'millrace log repair .millrace --dry-run', summary: 'What would be repaired' },
    { command: 'millrace log repair .millrace', summary: 'Build indexes again, cut off incomplete writes' },
    {
      command: 'millrace log repair .millrace/orders-0 --truncate-at-damage',
      summary: 'Give up what follows the damage in one partition; the original stays as *.before-repair-1',
    },
  ],

  async run(input, { terminal }) {
    const { NodeFileSystem } = await import('@millrace/storage')
    const { repair } = await import('@millrace/storage/inspect')
    await loadNativeCrc32c()
    const dryRun = input.flag('dry-run')
    const paths = input.positionals.map((path) => terminal.resolvePath(path))
    const truncateAtDamage = input.flag('truncate-at-damage')
    const { actions, unrepaired } = await repair(new NodeFileSystem(), paths, { dryRun, truncateAtDamage })
    for (const { path, what, keptAs } of actions) {
      const kept = keptAs === undefined ? '' : ` (original: ${baseNameOf(keptAs)})`
      await terminal.write(`${path}\n    ${what}${kept}\n`)
    }
    if (unrepaired.length > 0) {
      await terminal.write(`${actions.length > 0 ? '\n' : ''}Not repaired:\n`)
      for (const finding of unrepaired) await terminal.write(findingText(finding))
    }
    const verb = dryRun ? 'would be repaired' : 'repaired'
    const left = unrepaired.length === 0 ? '' : `, ${countOf(unrepaired.length, 'error')} left`
    const nothing = unrepaired.length === 0 ? 'Nothing to repair' : 'Nothing was changed'
    await terminal.write(`${actions.length === 0 ? nothing : `${countOf(actions.length, 'file')} ${verb}`}${left}\n`)
    return unrepaired.length === 0 ? exitCode.ok : exitCode.failed
  },
}
