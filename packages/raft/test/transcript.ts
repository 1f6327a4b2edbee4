/** Runs a script against a cluster and writes what happened below each command: see `transcripts/*.txt`. */
import { assert } from '@millrace/base'
import { Cluster, type ClusterOptions, type Observation, type SimulatedNode, voterFor } from './cluster.ts'
import { describeEffect, describeRequest, describeResponse } from './describe.ts'

/**
 * A transcript is comments (`#`), commands (`> command words`) and, indented below each command, what happened. Fetches of a
 * follower that has everything are left out, and so is what repeats the line before.
 */
export function replay(text: string): string {
  const stage = new Stage()
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('>')) {
      lines.push(line, ...stage.command(line.slice(1).trim().split(/\s+/)))
    } else if (!line.startsWith('  ')) lines.push(line)
  }
  return lines.join('\n')
}

const numbers = (words: readonly string[]): number[] => words.map(Number)

class Stage {
  #cluster: Cluster | undefined
  #lines: string[] = []
  #last = ''

  command([name, ...words]: readonly string[]): string[] {
    this.#lines = []
    if (name === 'cluster') this.#create(words)
    else this.#act(this.#running(), name ?? '', words)
    return this.#lines
  }

  #running(): Cluster {
    assert(this.#cluster !== undefined, 'the first command is "cluster"')
    return this.#cluster
  }

  /** `cluster seed=1 voters=1,2,3 observers=4 static fetchTimeoutMs=...` */
  #create(words: readonly string[]): void {
    const settings = new Map(words.map((word) => word.split('=') as [string, string | undefined]))
    const list = (name: string) => (settings.get(name) ?? '').split(',').filter(Boolean).map(Number)
    const options: ClusterOptions = {
      seed: Number(settings.get('seed') ?? 1),
      voters: list('voters'),
      observers: list('observers'),
      isStatic: settings.has('static'),
      config: { autoJoin: settings.has('autoJoin') },
      observe: (observation) => this.#observe(observation),
    }
    this.#cluster = new Cluster(options)
  }

  #act(cluster: Cluster, name: string, words: readonly string[]): void {
    const ids = numbers(words)
    const [id = 0] = ids
    switch (name) {
      case 'start':
        for (const each of ids) cluster.start(each)
        break
      case 'crash':
        for (const each of ids) cluster.crash(each)
        break
      case 'wipe':
        cluster.wipe(id)
        break
      case 'run':
        cluster.run(id)
        break
      case 'propose':
        cluster.propose(id, ...words.slice(1))
        break
      case 'partition':
        cluster.partition(...words.map((group) => numbers(group.split(','))))
        break
      case 'heal':
        cluster.heal()
        break
      case 'snapshot':
        cluster.snapshot(id)
        break
      case 'resign':
        cluster.give(id, { type: 'resign', epoch: cluster.node(id).raft?.status().epoch ?? 0 })
        break
      case 'shutdown':
        cluster.give(id, { type: 'shutdown', timeoutMs: 5000 })
        break
      case 'add-voter':
      case 'remove-voter':
        this.#changeVoter(cluster, name, ids)
        break
      case 'status':
        for (const node of cluster.nodes.values()) this.#lines.push(`  ${statusOf(node)}`)
        break
      default:
        throw new Error(`unknown command ${name}`)
    }
  }

  /** `add-voter <at> <voter>`: asks node `at`. */
  #changeVoter(cluster: Cluster, name: string, [at = 0, voterId = 0]: readonly number[]): void {
    const { id, directoryId, endpoints } = voterFor(voterId)
    const voter = { id, directoryId }
    if (name === 'remove-voter') cluster.ask(at, { kind: 'RemoveRaftVoter', clusterId: 'sim', voter })
    else {
      const rest = { timeoutMs: 2000, voter, endpoints, ackWhenCommitted: true }
      cluster.ask(at, { kind: 'AddRaftVoter', clusterId: 'sim', ...rest })
    }
  }

  #observe(observation: Observation): void {
    const text = textOf(observation)
    // A question that is asked again and again is one line.
    if (text === undefined || text === this.#last) return
    this.#last = text
    this.#lines.push(`  ${String(observation.time).padStart(6)}  ${text}`)
  }
}

function textOf(observation: Observation): string | undefined {
  const { node } = observation
  switch (observation.type) {
    case 'started':
    case 'crashed':
      return `${node} ${observation.type}`
    case 'received': {
      const text = describeRequest(observation.request)
      return text === undefined ? undefined : `${observation.from} -> ${node}  ${text}`
    }
    case 'answered': {
      const text = describeResponse(observation.response)
      return text === undefined ? undefined : `${node} <- ${observation.from}  ${text}`
    }
    case 'replied':
      return `${node} answers ${JSON.stringify(observation.reply)}`
    case 'effect': {
      const text = describeEffect(observation.effect)
      return text === undefined ? undefined : `${node} ${text}`
    }
    default:
      return undefined
  }
}

function statusOf(node: SimulatedNode): string {
  const status = node.raft?.status()
  if (status === undefined) return `${node.id} is down`
  const { role, epoch, leaderId, startOffset, endOffset, highWatermark, voters } = status
  const texts = node.applied.map((text) => (text.startsWith('{') ? JSON.parse(text).type : text))
  const log = `log ${startOffset}-${endOffset} committed ${highWatermark}`
  return `${node.id} ${role} epoch ${epoch} leader ${leaderId} ${log} voters ${voters.ids.join(',')} applied ${texts.join(' ')}`
}
