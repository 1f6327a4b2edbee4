/** The commands of the READMEs that a newcomer reads, as they stand and in their order: the root's in a checkout, and millrace's as installed. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { checkOut, userEnvironment } from './checkout.ts'
import { Child } from './child.ts'
import { commandsOf, foreignBlocksOf } from './command.ts'
import { commandPackage } from './example-suite.ts'
import type { Report } from './report.ts'
import { Shell } from './shell.ts'

const brokerPort = 9092
const buildLimitMs = 120_000
const toolLimitMs = 60_000

export async function runCommands(report: Report, root: string, directory: string, isWorktree: boolean): Promise<void> {
  const isFree = await report.run(`port ${brokerPort}, which the READMEs name, is free`, checkPort)
  if (!isFree) return report.print(`        No command was run: all of them need port ${brokerPort}.`)
  const checkout = join(directory, 'millrace')
  const source = isWorktree ? 'a copy of the working tree' : 'a clone of HEAD'
  const isThere = await report.run(`${source} can be made`, async () => {
    await checkOut(root, checkout, isWorktree)
    return undefined
  })
  if (!isThere) return
  const env = userEnvironment(process.env, process.execPath)
  await runReadme(report, join(checkout, 'README.md'), 'README.md', new Shell({ directory: checkout, env }))
  const installed = join(directory, 'installed')
  const isInstalled = await report.run('the millrace package can be built, packed and installed', async () => {
    await install(checkout, installed, env)
    return undefined
  })
  if (!isInstalled) return
  const path = `${commandPackage}/README.md`
  const shell = new Shell({ directory: installed, env: installedEnvironment(env, installed) })
  await runReadme(report, join(checkout, path), path, shell)
}

/** Throws with what to do. */
async function checkPort(): Promise<undefined> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      reject(
        isTaken ? new Error(`Another program listens on 127.0.0.1:${brokerPort}. End it and run this again.`) : error,
      )
    })
    server.listen(brokerPort, '127.0.0.1', resolve)
  })
  await new Promise((resolve) => server.close(resolve))
}

async function runReadme(report: Report, file: string, name: string, shell: Shell): Promise<void> {
  const readme = readFileSync(file, 'utf8')
  const commands = commandsOf(readme)
  await report.run(`${name} has no code but commands${name === 'README.md' ? '' : ' and examples'}`, () => {
    const foreign = foreignBlocksOf(readme, name === 'README.md' ? ['text'] : ['ts', 'text'], true)
    if (commands.length === 0) throw new Error('No command was found')
    if (foreign.length === 0) return `${commands.length} commands found`
    throw new Error(`Nothing runs the code in line ${foreign.map(({ line }) => line).join(', ')}`)
  })
  try {
    for (const command of commands) {
      await report.run(`${name}:${command.line} ${command.text}`, () => shell.judge(command))
    }
    await report.run(`${name}: brokers that still run end when they are asked to`, () => shell.stopBrokers())
  } finally {
    await shell.close()
  }
}

/** The tarball that would be published, unpacked to where `npm install` would have put it. Its command is whole in itself. */
async function install(checkout: string, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const target = join(directory, 'node_modules/millrace')
  const commandFolder = join(directory, 'node_modules/.bin')
  for (const folder of [target, commandFolder]) mkdirSync(folder, { recursive: true })
  const pnpm = ['tools/bootstrap/run.mjs', 'pnpm', '--filter', 'millrace']
  await new Child('node', [...pnpm, 'run', 'build'], { cwd: checkout, env }).succeedsWithin(buildLimitMs)
  const pack = [...pnpm, 'pack', '--pack-destination', directory]
  await new Child('node', pack, { cwd: checkout, env }).succeedsWithin(toolLimitMs)
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`pnpm pack left no tarball in ${directory}`)
  const unpack = ['-xzf', tarball, '--strip-components=1', '-C', target]
  await new Child('tar', unpack, { cwd: directory }).succeedsWithin(toolLimitMs)
  const manifest: { bin: Record<string, string> } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  for (const [name, path] of Object.entries(manifest.bin)) {
    chmodSync(join(target, path), 0o755)
    symlinkSync(join('../millrace', path), join(commandFolder, name))
  }
}

/** The package asks for a newer Node than the checkout does. npx must take what is installed, and never a namesake from a registry. */
function installedEnvironment(env: NodeJS.ProcessEnv, directory: string): NodeJS.ProcessEnv {
  const folders = [dirname(process.execPath), join(directory, 'node_modules/.bin'), env.PATH]
  return { ...env, PATH: folders.join(':'), npm_config_offline: 'true' }
}
