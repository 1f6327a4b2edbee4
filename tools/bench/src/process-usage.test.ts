import { describe, expect, it } from 'vitest'
import { parseCpuSeconds, parseMemory } from './process-usage.ts'

const stat =
  '4242 (a (odd) name) S 1 4242 4242 0 -1 4194304 9000 0 12 0 314 86 0 0 20 0 11 0 123456 1100000000 20000 18446744073709551615'

describe('parseCpuSeconds', () => {
  it('adds user and system time, whatever the name of the program', () => {
    expect(parseCpuSeconds(stat)).toBe(4)
  })

  it('refuses other texts', () => {
    expect(() => parseCpuSeconds('no such process')).toThrow('Not a /proc/PID/stat')
  })
})

describe('parseMemory', () => {
  const status = 'Name:\tnode\nVmPeak:\t  900000 kB\nVmHWM:\t   81920 kB\nVmRSS:\t   40960 kB\n'

  it('reads bytes', () => {
    expect(parseMemory(status, 'VmHWM')).toBe(80 * 2 ** 20)
    expect(parseMemory(status, 'VmRSS')).toBe(40 * 2 ** 20)
  })

  it('says what is missing', () => {
    expect(() => parseMemory(status, 'VmSwap')).toThrow('VmSwap')
  })
})
