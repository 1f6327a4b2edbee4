/** The main job of the bundled command, as a user would do it: start, create, look, stop, start again. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { withBroker } from './broker.ts'
import type { NodeBinary } from './nodes.ts'
import { userEnvironment } from './tool.ts'

class Command {
  readonly #node: NodeBinary
  readonly #bin: string
  readonly #cwd: string

  constructor(node: NodeBinary, bin: string, cwd: string) {
    this.#node = node
    this.#bin = bin
    this.#cwd = cwd
  }

  /** Must end with 0 and print `expected`. */
  expect(args: readonly string[], expected: string, input = ''): void {
    const { status, stdout, stderr } = spawnSync(this.#node.path, [this.#bin, ...args], {
      cwd: this.#cwd,
      encoding: 'utf8',
      env: userEnvironment(),
      input,
    })
    if (status === 0 && stdout.includes(expected)) return
    const wanted = JSON.stringify(expected)
    throw new Error(`millrace ${args.join(' ')}: exit ${status}, expected ${wanted}\n${stdout}${stderr}`)
  }
}

/** Throws with what went wrong. */
export async function checkCommand(node: NodeBinary, bin: string, emptyFolder: string, version: string): Promise<void> {
  mkdirSync(emptyFolder)
  const command = new Command(node, bin, emptyFolder)
  command.expect(['--version'], version)
  for (const isFirst of [true, false]) {
    await withBroker(node, bin, emptyFolder, (address) => useBroker(command, address, isFirst))
  }
}

function useBroker(command: Command, address: string, isFirst: boolean): void {
  const server = ['--bootstrap-server', address]
  if (isFirst) {
    command.expect(['topic', 'create', 'orders', '--partitions', '3', ...server], 'Created orders')
    command.expect(['produce', 'orders', '--compression', 'zstd', ...server], '', 'one\ntwo\n')
  }
  command.expect(['consume', 'orders', '--from-beginning', '--exit-at-end', ...server], 'two')
  command.expect(['topic', 'list', ...server], 'orders')
  command.expect(['topic', 'describe', 'orders', ...server], 'END OFFSET')
  command.expect(['cluster', 'describe', ...server], 'led by node 1')
}
