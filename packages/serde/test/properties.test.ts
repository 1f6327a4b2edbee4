/** What must hold of every serde, over random values and damaged bytes. */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import protobufjs from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { confluent } from '../src/confluent.ts'
import { json, type Serde, SerdeError } from '../src/index.ts'
import { msgpack } from '../src/msgpack.ts'
import { protobuf } from '../src/protobuf.ts'
import { asBuffer, damaged, randomText, randomValue } from './values.ts'

const { root } = protobufjs.parse(`
  syntax = "proto3";
  message Tree { string name = 1; repeated Tree children = 2; repeated sint32 counts = 3; map<string, bytes> parts = 4; double weight = 5; }
`)
const treeType = root.lookupType('Tree')

function randomLeaf(random: Random): unknown {
  switch (randomBelow(random, 3)) {
    case 0:
      return random.bytes(randomBelow(random, 300))
    case 1:
      return new Date(Number(wideInteger(random) / 1_000_000n))
    default:
      return beyondNumbers(wideInteger(random))
  }
}

function wideInteger(random: Random): bigint {
  return random.bytes(8).readBigInt64LE() >> BigInt(randomBelow(random, 8))
}

/** Integers that a number holds exactly come back as one. */
function beyondNumbers(value: bigint): number | bigint {
  return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value
}

function randomTree(random: Random, depth = 3): Record<string, unknown> {
  return {
    name: randomText(random),
    children: Array.from({ length: depth > 0 ? randomBelow(random, 3) : 0 }, () => randomTree(random, depth - 1)),
    counts: Array.from({ length: randomBelow(random, 4) }, () => random.uint32() | 0),
    parts: Object.fromEntries(
      Array.from({ length: randomBelow(random, 3) }, () => [randomText(random), random.bytes(randomBelow(random, 9))]),
    ),
    weight: randomBelow(random, 100) / 8,
  }
}

const plain = (value: unknown) => value
const asTree = (value: unknown) => treeType.toObject(value as never, { defaults: true, bytes: String })

interface Case {
  readonly serde: Serde<unknown>
  readonly makeValue: (random: Random) => unknown
  readonly view: (value: unknown) => unknown
}

const trees = protobuf<object>(treeType) as Serde<unknown>
const cases: Readonly<Record<string, Case>> = {
  json: { serde: json(), makeValue: (random) => randomValue(random), view: plain },
  msgpack: { serde: msgpack(), makeValue: (random) => randomValue(random, 4, randomLeaf), view: plain },
  protobuf: { serde: trees, makeValue: randomTree, view: asTree },
  'protobuf in a Confluent frame': {
    serde: confluent(trees, { schemaId: 77, messageIndexes: [2, 0, 1] }),
    makeValue: randomTree,
    view: asTree,
  },
}

describe.each(Object.entries(cases))('%s', (_, { serde, makeValue, view }) => {
  it('reads what it wrote', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const value = makeValue(seededRandom(seed))
      const read = serde.decode(asBuffer(serde.encode(value)))
      expect(view(read), `seed ${seed}`).toEqual(view(value))
    }
  })

  it('reads damaged bytes as a value that it can write, or refuses them with its own error', () => {
    let refusedCount = 0
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed)
      const bytes = damaged(random, asBuffer(serde.encode(makeValue(random))))
      let read: unknown
      try {
        read = serde.decode(bytes)
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(SerdeError)
        expect((error as Error).message.length, `seed ${seed}`).toBeLessThan(1000)
        refusedCount++
        continue
      }
      const again = serde.decode(asBuffer(serde.encode(read)))
      expect(view(again), `seed ${seed}`).toEqual(view(read))
    }
    expect(refusedCount).toBeGreaterThan(500)
  })
})

describe('a value cut off anywhere', () => {
  it.each(['json', 'msgpack'] as const)('is refused by %s', (name) => {
    const { serde } = cases[name] as Case
    const bytes = asBuffer(serde.encode({ id: 'ü', list: [1, [2.5, null]], more: { a: true, b: 'text' } }))
    for (let size = 0; size < bytes.length; size++) {
      expect(() => serde.decode(bytes.subarray(0, size)), `${size} bytes`).toThrow(SerdeError)
    }
  })
})
