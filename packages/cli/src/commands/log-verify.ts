/** `millrace log verify`: whether the data of a stopped broker is sound. Changes nothing. */

import { loadNativeCrc32c } from '@millrace/base'
import type { VerifyReport } from '@millrace/storage/inspect'
import { type Command, exitCode } from '../command.ts'
import { jsonOption } from '../connect.ts'
import { countOf, findingText } from '../finding-text.ts'
import { writeJson } from '../output.ts'
import type { Terminal } from '../terminal.ts'

export const logVerifyCommand: Command = {
  name: 'log verify',
  summary: 'Check the data directories of a stopped broker; exit code 1 when something is wrong',
  positionals: [
    {
      name: 'path',
      summary: 'log directories (all of a broker, so that they are compared), a partition’s directory, or a file',
      isMany: true,
    },
  ],
  options: { ...jsonOption },
  examples: [
    { command: 'millrace log verify .millrace', summary: 'Every batch, index and checkpoint of a broker' },
    { command: 'millrace log verify /disk1/kafka /disk2/kafka', summary: 'A broker with two log directories' },
    { command: 'millrace log verify .millrace/orders-0', summary: 'One partition' },
  ],

  async run(input, { terminal }) {
    const { NodeFileSystem } = await import('@millrace/storage')
    const { verify } = await import('@millrace/storage/inspect')
    await loadNativeCrc32c()
    const paths = input.positionals.map((path) => terminal.resolvePath(path))
    const report = await verify(new NodeFileSystem(), paths)
    const isSound = report.findings.every(({ severity }) => severity !== 'error')
    if (input.flag('json')) await writeJson(terminal, { isSound, ...withoutBytes(report) })
    else await writeReport(terminal, report)
    return isSound ? exitCode.ok : exitCode.failed
  },
}

function withoutBytes(report: VerifyReport) {
  const findings = report.findings.map(({ remedy, ...finding }) => ({ ...finding, repair: remedy?.kind ?? null }))
  return { ...report, findings }
}

async function writeReport(terminal: Terminal, report: VerifyReport): Promise<void> {
  for (const finding of report.findings) await terminal.write(findingText(finding))
  const count = (severity: string) => report.findings.filter((finding) => finding.severity === severity).length
  const checked = [
    countOf(report.partitionCount, 'partition'),
    countOf(report.segmentCount, 'segment'),
    countOf(report.batchCount, 'batch', 'batches'),
    countOf(report.size, 'byte'),
  ].join(', ')
  const found = `${countOf(count('error'), 'error')}, ${countOf(count('warning'), 'warning')}, ${countOf(count('note'), 'note')}`
  await terminal.write(`Checked ${checked}: ${found}\n`)
}
