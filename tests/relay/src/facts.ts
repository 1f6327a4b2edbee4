/** What is to stay besides records: committed offsets, configs of topics and brokers. Written on one side, found on the other. */
import { type Millrace, valuesOf } from 'millrace'

export class Facts {
  readonly #offsets = new Map<string, number>()
  readonly #topicConfigs = new Map<string, string>()
  readonly #brokerConfigs = new Map<string, string>()

  /** Changes some of each. */
  async write({ admin }: Millrace, round: number): Promise<void> {
    for (const group of ['billing', `round-${round}`]) {
      const offset = 10 + round
      valuesOf(await admin.alterGroupOffsets(group, [{ topic: 'plain-none', partition: 0, offset }]))
      this.#offsets.set(group, offset)
    }
    const bytes = String(500_000 + round)
    const delay = String(1000 + round)
    await admin
      .alterConfigs([
        { type: 'topic', name: 'plain-gzip', configs: { 'max.message.bytes': bytes } },
        { type: 'broker', name: '', configs: { 'log.cleaner.backoff.ms': String(200 + round) } },
        { type: 'topic', name: 'plain-lz4', configs: { 'file.delete.delay.ms': delay } },
      ])
      .then(valuesOf)
    this.#topicConfigs.set('plain-gzip max.message.bytes', bytes)
    this.#topicConfigs.set('plain-lz4 file.delete.delay.ms', delay)
    this.#brokerConfigs.set('log.cleaner.backoff.ms', String(200 + round))
  }

  async problems({ admin }: Millrace): Promise<string[]> {
    const problems: string[] = []
    for (const [group, expected] of this.#offsets) {
      const found = (await admin.listGroupOffsets(group)).find(({ topic }) => topic === 'plain-none')?.offset
      if (found !== expected) problems.push(`group ${group} committed ${expected}, and has ${found}`)
    }
    for (const [place, expected] of this.#topicConfigs) {
      const [name = '', key = ''] = place.split(' ')
      const configs = valuesOf(await admin.describeConfigs([{ type: 'topic', name }])).get(`topic:${name}`)
      const found = configs?.get(key)
      if (found?.value !== expected || found.source !== 'topic') {
        problems.push(`${key} of ${name} is ${found?.value} (${found?.source}), not ${expected}`)
      }
    }
    const configs = valuesOf(await admin.describeConfigs([{ type: 'broker', name: '1' }])).get('broker:1')
    for (const [key, expected] of this.#brokerConfigs) {
      const found = configs?.get(key)
      if (found?.value !== expected) problems.push(`${key} of all brokers is ${found?.value}, not ${expected}`)
    }
    return problems
  }
}
