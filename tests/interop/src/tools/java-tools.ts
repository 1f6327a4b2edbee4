/** Apache Kafka's command-line tools, run one after the other in one JVM (`java/ToolServer.java`). */
import { fileURLToPath } from 'node:url'
import { Child, ensureKafkaJars, type KafkaJars, quickJvmOptions, withClasses, within } from '@millrace/peers'

export interface ToolResult {
  readonly exitCode: number
  readonly output: string
  readonly errors: string
}

const answerSizeMax = 256 << 20
const toolLimitMs = 60_000

const sources = fileURLToPath(new URL('../../java/', import.meta.url))

/** The jars with the suite's own classes. */
export async function ensureJava(): Promise<KafkaJars> {
  return withClasses(await ensureKafkaJars(), sources)
}

export class JavaTools {
  readonly #child: Child
  #pending: Buffer[] = []
  #pendingSize = 0
  #onAnswer: ((result: ToolResult) => void) | undefined
  #expected: { exitCode: number; outputSize: number; errorsSize: number; headerSize: number } | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(jars: KafkaJars) {
    this.#child = new Child({
      name: "the JVM of Apache Kafka's tools",
      command: 'java',
      args: [...quickJvmOptions(jars, '512m'), 'ToolServer'],
      onOutput: (chunk) => this.#take(chunk),
    })
  }

  /** Runs a tool's main method, after those that were called before. `tool` is the class. */
  run(tool: string, args: readonly string[]): Promise<ToolResult> {
    const result = this.#last.then(() => this.#runNow(tool, args))
    this.#last = result.catch(() => {})
    return result
  }

  async #runNow(tool: string, args: readonly string[]): Promise<ToolResult> {
    const words = [tool, ...args].map((word) => `.${Buffer.from(word).toString('base64')}`)
    const answer = new Promise<ToolResult>((resolve) => {
      this.#onAnswer = resolve
    })
    this.#child.stdin.write(`${words.join(' ')}\n`)
    const ended = this.#child.exited.then(() => {
      throw new Error(`${tool} ended ${this.#child.describe()}`)
    })
    ended.catch(() => {})
    return within(Promise.race([answer, ended, this.#child.failure]), toolLimitMs, () => {
      return `${tool} ${args.join(' ')}: does not answer in ${this.#child.describe()}`
    })
  }

  /** Runs a tool that must succeed; its standard output. */
  async succeed(tool: string, args: readonly string[]): Promise<string> {
    const { exitCode, output, errors } = await this.run(tool, args)
    if (exitCode === 0) return output
    const words = `${tool} ${args.join(' ')}`
    throw new Error(`${words}: exit code ${exitCode}\n${(output + errors).trim().slice(-3000)}`)
  }

  #take(chunk: Buffer): void {
    this.#pending.push(chunk)
    this.#pendingSize += chunk.length
    if (this.#pendingSize > answerSizeMax) throw new Error(`an answer of more than ${answerSizeMax} bytes`)
    this.#expected ??= this.#readHeader()
    if (this.#expected === undefined) return
    const { exitCode, outputSize, errorsSize, headerSize } = this.#expected
    if (this.#pendingSize < headerSize + outputSize + errorsSize) return
    const all = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingSize = 0
    this.#expected = undefined
    const errorsStart = headerSize + outputSize
    this.#onAnswer?.({
      exitCode,
      output: all.toString('utf8', headerSize, errorsStart),
      errors: all.toString('utf8', errorsStart, errorsStart + errorsSize),
    })
  }

  #readHeader() {
    const all = Buffer.concat(this.#pending)
    const end = all.indexOf('\n')
    if (end === -1) return undefined
    const header = all.toString('latin1', 0, end)
    const match = /^(\d+) (\d+) (\d+)$/.exec(header)
    if (match === null) throw new Error(`not an answer: ${JSON.stringify(header.slice(0, 200))}`)
    const [exitCode, outputSize, errorsSize] = match.slice(1).map(Number) as [number, number, number]
    return { exitCode, outputSize, errorsSize, headerSize: end + 1 }
  }

  async close(): Promise<void> {
    this.#child.stdin.end()
    await this.#child.kill()
  }
}
