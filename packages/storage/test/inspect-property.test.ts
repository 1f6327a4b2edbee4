import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { type DumpEntry, dump, repair, verify } from '../src/inspect.ts'
import { makeBatch } from './batches.ts'
import { diskWith } from './kafka-case.ts'

const runs = 150

/** A log of two segments, with indexes of neither. */
function soundLog(random: Random): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  let offset = 0
  for (let segment = 0; segment < 2; segment++) {
    const base = offset
    const batches: Buffer[] = []
    for (let count = 1 + randomBelow(random, 12); count > 0; count--) {
      const options = { count: 1 + randomBelow(random, 4), valueSize: randomBelow(random, 200), leaderEpoch: segment }
      batches.push(makeBatch({ baseOffset: offset, ...options }))
      offset += options.count
    }
    files.set(`t-0/${base.toString().padStart(20, '0')}.log`, Buffer.concat(batches))
  }
  return files
}

/** Flips, cuts, overwrites or adds something in one of the files. */
function damage(files: Map<string, Buffer>, random: Random): void {
  const names = [...files.keys()]
  const name = names[randomBelow(random, names.length)] as string
  const bytes = Buffer.from(files.get(name) as Buffer)
  if (bytes.length === 0) return
  const at = randomBelow(random, bytes.length)
  const kind = randomBelow(random, 5)
  if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << randomBelow(random, 8))
  else if (kind === 1) bytes.fill(0, at, Math.min(bytes.length, at + 600))
  else if (kind === 2)
    for (let each = at; each < Math.min(at + 80, bytes.length); each++) bytes[each] = randomBelow(random, 256)
  if (kind === 3) files.set(name, bytes.subarray(0, at))
  else if (kind === 4)
    files.set(name, Buffer.concat([bytes, Buffer.alloc(1 + randomBelow(random, 300), randomBelow(random, 2))]))
  else files.set(name, bytes)
}

async function dumpOf(fileSystem: ReturnType<typeof diskWith>, path: string): Promise<DumpEntry[]> {
  const entries: DumpEntry[] = []
  for await (const entry of dump(fileSystem, path, { records: true })) entries.push(entry)
  return entries
}

describe('whatever is in the files', () => {
  it(`a dump names every byte once, and a repair that may cut leaves a sound log (${runs} seeds)`, async () => {
    for (let seed = 1; seed <= runs; seed++) {
      const random = seededRandom(seed)
      const files = soundLog(random)
      for (let count = randomBelow(random, 4); count > 0; count--) damage(files, random)
      const fileSystem = diskWith(files)
      for (const [name, bytes] of files) {
        let position = 0
        for (const entry of await dumpOf(fileSystem, `/data/${name}`)) {
          if (entry.kind !== 'batch' && entry.kind !== 'gap') continue
          expect(entry.position, `seed ${seed}`).toBe(position)
          expect(entry.size, `seed ${seed}`).toBeGreaterThan(0)
          position += entry.size
        }
        expect(position, `seed ${seed}`).toBe(bytes.length)
      }
      const before = await verify(fileSystem, ['/data/t-0'])
      const { unrepaired } = await repair(fileSystem, ['/data/t-0'], { truncateAtDamage: true })
      const untouchable = before.findings.some(({ what, advice }) =>
        /name promises|from before Kafka|has leader epoch/.test(what + advice),
      )
      if (untouchable) continue
      expect(unrepaired, `seed ${seed}`).toEqual([])
      const after = await verify(fileSystem, ['/data/t-0'])
      expect(
        after.findings.filter(({ severity }) => severity === 'error'),
        `seed ${seed}`,
      ).toEqual([])
      for (const [name, bytes] of files) {
        const left = await fileSystem.list('/data/t-0')
        const kept = left.find((entry) => entry.name === `${name.slice(4)}.before-repair-1`)
        const original = await fileSystem.readFile(
          `/data/${name}${kept === undefined ? '' : '.before-repair-1'}`,
          1 << 20,
        )
        expect(original.equals(bytes), `seed ${seed} ${name}`).toBe(true)
      }
    }
  })
})
