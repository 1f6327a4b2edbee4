import { describe, expect, it } from 'vitest'
import { colored, cut, padEnd, padStart, plain, widthOf } from './paint.ts'

const green = colored('green', 'three')

describe('text with colours', () => {
  it('is as wide as what the reader sees', () => {
    expect(green).not.toBe('three')
    expect(widthOf(green)).toBe(5)
    expect(widthOf(padEnd(green, 8))).toBe(8)
    expect(padStart(green, 8)).toBe(`   ${green}`)
    expect(plain('green', 'three')).toBe('three')
  })

  it('is cut without leaking its colour', () => {
    expect(cut(green, 5)).toBe(green)
    expect(cut(`${green} apples`, 2)).toBe(colored('green', 'th'))
    expect(cut('three apples', 5)).toBe('three')
  })
})
