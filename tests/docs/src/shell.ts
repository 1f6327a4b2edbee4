/** Runs the commands of one README in one folder: brokers in the background, all others to their end, each judged. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { Child } from './child.ts'
import type { ReadmeCommand } from './command.ts'
import { type Judgement, judgementOf, type ProducedRecord } from './judgement.ts'

/** The first start installs the workspace. */
const readyLimitMs = 240_000
const commandLimitMs = 60_000
const stopLimitMs = 30_000

type StartJudgement = Extract<Judgement, { kind: 'start' }>
type RunJudgement = Extract<Judgement, { kind: 'run' }>

export interface ShellOptions {
  /** Where commands run. */
  readonly directory: string
  readonly env: NodeJS.ProcessEnv
}

export class Shell {
  readonly #directory: string
  readonly #env: NodeJS.ProcessEnv
  readonly #brokers = new Map<number, Child>()
  readonly #produced = new Map<string, ProducedRecord[]>()
  /** Directories outside of the folder that commands made. */
  readonly #outside = new Set<string>()
  readonly #onExit = () => this.#removeOutside()

  constructor({ directory, env }: ShellOptions) {
    this.#directory = directory
    this.#env = env
    process.once('exit', this.#onExit)
  }

  /** Throws when the command does not do what it should; gives what was done about it. */
  async judge({ text }: ReadmeCommand): Promise<string> {
    const judgement = judgementOf(text)
    switch (judgement?.kind) {
      case 'start':
        return this.#start(text, judgement)
      case 'run':
        return this.#run(text, judgement)
      case 'script':
        return this.#findScript(judgement.name)
      case 'file':
        if (!existsSync(join(this.#directory, judgement.path))) throw new Error(`${judgement.path} does not exist`)
        return 'not run: the file is there'
      default:
        throw new Error('The suite does not know what this should do. Say it in tests/docs/src/judgement.ts.')
    }
  }

  /** Asks all brokers to end. Throws when one does not, or not with 0. */
  async stopBrokers(): Promise<string> {
    const count = this.#brokers.size
    for (const port of [...this.#brokers.keys()]) await this.#stop(port)
    return `${count} ended with 0`
  }

  /** Whatever is left is ended and removed. */
  async close(): Promise<void> {
    for (const broker of this.#brokers.values()) await broker.kill()
    this.#brokers.clear()
    this.#removeOutside()
    process.off('exit', this.#onExit)
  }

  #spawn(text: string): Child {
    return new Child('bash', ['-c', text], { cwd: this.#directory, env: this.#env })
  }

  async #start(text: string, { port, data }: StartJudgement): Promise<string> {
    // A reader who starts another broker on the same port has ended the first.
    await this.#stop(port)
    const path = resolve(this.#directory, data)
    if (isAbsolute(data)) {
      if (existsSync(path) && !this.#outside.has(path)) throw new Error(`${path} exists already: remove it, or save it`)
      this.#outside.add(path)
    }
    const broker = this.#spawn(text)
    try {
      const [, line = ''] = await broker.prints(/^(Millrace is ready on .*)$/m, readyLimitMs)
      if (!line.includes(`127.0.0.1:${port} `) || !line.includes(`data in ${path},`)) {
        throw new Error(`It is not ready on port ${port} with its data in ${path}: ${line}`)
      }
    } catch (error) {
      await broker.kill()
      throw error
    }
    this.#brokers.set(port, broker)
    return 'ready'
  }

  async #stop(port: number): Promise<void> {
    const broker = this.#brokers.get(port)
    if (broker === undefined) return
    this.#brokers.delete(port)
    const { code, signal } = await broker.stop(stopLimitMs)
    if (code !== 0) throw new Error(`The broker on port ${port} ended with ${signal ?? code}. ${broker.said}`)
  }

  async #run(text: string, { needsStopped, produces, problemOf }: RunJudgement): Promise<string> {
    if (needsStopped) await this.stopBrokers()
    const output = await this.#spawn(text).succeedsWithin(commandLimitMs)
    if (produces !== undefined) {
      const { topic, record } = produces
      this.#produced.set(topic, [...(this.#produced.get(topic) ?? []), record])
    }
    const problem = problemOf(output, { directory: this.#directory, produced: this.#produced })
    if (problem !== undefined) throw new Error(`${problem}:\n${output}`)
    return needsStopped ? 'run, with the brokers stopped' : 'run'
  }

  #findScript(name: string): string {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(this.#directory, 'package.json'), 'utf8'),
    )
    if (scripts[name] === undefined) throw new Error(`package.json has no script ${name}`)
    return 'not run: the script is there'
  }

  #removeOutside(): void {
    for (const path of this.#outside) rmSync(path, { recursive: true, force: true })
  }
}
