import { zeroUuid } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { sameVoter, VoterSet } from './voter-set.ts'

const voter = (id: number, directoryId = `dir-${id}`) => ({
  id,
  directoryId,
  endpoints: [{ name: 'CONTROLLER', host: 'h', port: 1 }],
  kraftVersionMin: 0,
  kraftVersionMax: 1,
})

describe('VoterSet', () => {
  it('matches voters by id and directory, static ones by id', () => {
    const set = new VoterSet([voter(2), voter(1, zeroUuid)])
    expect(set.ids).toEqual([1, 2])
    expect(set.has({ id: 2, directoryId: 'dir-2' })).toBe(true)
    expect(set.has({ id: 2, directoryId: 'another disk' })).toBe(false)
    expect(set.has({ id: 1, directoryId: 'any' })).toBe(true)
    expect(set.has({ id: 3, directoryId: 'dir-3' })).toBe(false)
  })

  it('changes by making another set', () => {
    const set = new VoterSet([voter(1), voter(2)])
    expect(set.with(voter(3)).ids).toEqual([1, 2, 3])
    expect(set.without(1).ids).toEqual([2])
    expect(set.ids).toEqual([1, 2])
    expect(
      [1, 2, 3, 4, 5].map((count) => new VoterSet(Array.from({ length: count }, (_, id) => voter(id))).majority),
    ).toEqual([1, 2, 2, 3, 3])
  })
})

describe('sameVoter', () => {
  it('sees another address, listener, range or disk', () => {
    const one = voter(1)
    expect(sameVoter(one, { ...one, endpoints: [...one.endpoints] })).toBe(true)
    expect(sameVoter(one, { ...one, endpoints: [{ name: 'CONTROLLER', host: 'h', port: 2 }] })).toBe(false)
    expect(sameVoter(one, { ...one, endpoints: [{ name: 'OTHER', host: 'h', port: 1 }] })).toBe(false)
    expect(sameVoter(one, { ...one, kraftVersionMax: 2 })).toBe(false)
    expect(sameVoter(one, voter(1, 'another disk'))).toBe(false)
  })
})
