import { describe, expect, it } from 'vitest'
import { commitSteps, finishSteps, retireSteps, type SwapStep } from './swap.ts'

function shown(steps: readonly SwapStep[]): string[] {
  return steps.map((step) => {
    if (step.kind === 'sync') return 'sync'
    const short = (name: string) => name.replace(/^0{15}/, '')
    return `${short(step.from)} -> ${short(step.to)}${step.isOptional ? '?' : ''}`
  })
}

const first = { baseOffset: 10, replaces: [10, 20], files: ['log', 'index', 'timeindex'] } as const
const second = { baseOffset: 30, replaces: [30], files: ['log', 'index', 'timeindex', 'txnindex'] } as const

describe('the steps of a swap', () => {
  it('commit from the highest offset down, the last rename alone', () => {
    expect(shown(commitSteps([first, second]))).toEqual([
      'sync',
      '00030.log.cleaned -> 00030.log.swap',
      '00030.index.cleaned -> 00030.index.swap',
      '00030.timeindex.cleaned -> 00030.timeindex.swap',
      '00030.txnindex.cleaned -> 00030.txnindex.swap',
      '00010.log.cleaned -> 00010.log.swap',
      '00010.index.cleaned -> 00010.index.swap',
      'sync',
      '00010.timeindex.cleaned -> 00010.timeindex.swap',
      'sync',
    ])
    expect(commitSteps([])).toEqual([])
  })

  it('retire the originals, and the snapshots inside of the group', () => {
    expect(shown(retireSteps(first))).toEqual([
      '00010.log -> 00010.log.deleted?',
      '00010.index -> 00010.index.deleted?',
      '00010.timeindex -> 00010.timeindex.deleted?',
      '00010.txnindex -> 00010.txnindex.deleted?',
      '00020.log -> 00020.log.deleted?',
      '00020.index -> 00020.index.deleted?',
      '00020.timeindex -> 00020.timeindex.deleted?',
      '00020.txnindex -> 00020.txnindex.deleted?',
      '00020.snapshot -> 00020.snapshot.deleted?',
      'sync',
    ])
  })

  it('finish with the data first', () => {
    expect(shown(finishSteps(first))).toEqual([
      '00010.log.swap -> 00010.log',
      '00010.index.swap -> 00010.index',
      '00010.timeindex.swap -> 00010.timeindex',
      'sync',
    ])
  })
})
