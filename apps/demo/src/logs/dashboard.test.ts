import { expect, it } from 'vitest'
import { plain } from '../terminal/paint.ts'
import { progressLines } from './dashboard.ts'

it('shows how far everybody is', () => {
  const rows = [
    { name: 'produced', count: 1000, found: '' },
    { name: 'search', count: 500, found: '3 lines' },
  ]
  expect(progressLines(rows, 1000, plain)).toEqual([
    '',
    ` produced  ${'█'.repeat(30)}  1,000`,
    ` search    ${'█'.repeat(15)}${'░'.repeat(15)}    500  3 lines`,
  ])
})
