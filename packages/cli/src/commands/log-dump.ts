/** `millrace log dump`: what a file of a data directory holds. Needs no broker, and may read the files of a running one. */
import { loadNativeCrc32c } from '@millrace/base'
import { type Command, exitCode } from '../command.ts'
import { jsonOption } from '../connect.ts'
import type { Terminal } from '../terminal.ts'

/** Characters that are written at once. */
const chunkChars = 64 << 10

export const logDumpCommand: Command = {
  name: 'log dump',
  summary: 'Show what is in the files of a data directory, Apache Kafka’s or ours',
  positionals: [
    { name: 'path', summary: 'a file (segment, index, snapshot, checkpoint, ...) or a directory', isMany: true },
  ],
  options: {
    records: { kind: 'flag', summary: 'Show the records in each batch; those of Kafka’s own topics are decoded' },
    ...jsonOption,
  },
  examples: [
    { command: 'millrace log dump .millrace/orders-0', summary: 'All files of a partition, batch by batch' },
    {
      command: 'millrace log dump --records .millrace/__cluster_metadata-0/00000000000000000000.log',
      summary: 'The records of the metadata log',
    },
    {
      command: 'millrace log dump --json .millrace/orders-0/00000000000000000000.index',
      summary: 'One JSON object a line, for scripts',
    },
  ],

  async run(input, { terminal }) {
    const { NodeFileSystem } = await import('@millrace/storage')
    const { dump, dumpLine } = await import('@millrace/storage/inspect')
    await loadNativeCrc32c()
    const fileSystem = new NodeFileSystem()
    const isJson = input.flag('json')
    for (const path of input.positionals) {
      const entries = dump(fileSystem, terminal.resolvePath(path), { records: input.flag('records') })
      await writeLines(entries, (entry) => (isJson ? JSON.stringify(entry) : dumpLine(entry)), terminal)
    }
    return exitCode.ok
  },
}

/** Writes as the entries come, in pieces: a slow reader slows the reading down. */
async function writeLines<T>(
  entries: AsyncIterable<T>,
  lineOf: (entry: T) => string,
  terminal: Terminal,
): Promise<void> {
  let text = ''
  for await (const entry of entries) {
    text += `${lineOf(entry)}\n`
    if (text.length < chunkChars) continue
    await terminal.write(text)
    text = ''
    if (terminal.signal.aborted) return
  }
  await terminal.write(text)
}
