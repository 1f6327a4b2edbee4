import { expect, it } from 'vitest'
import { sparkline } from './sparkline.ts'

it('shows the newest values, full from the top on', () => {
  expect(sparkline([0, 40, 80, 800], 4, 80)).toBe('▁▅██')
  expect(sparkline([0, 40, 80], 2, 80)).toBe('▅█')
  expect(sparkline([0], 3, 80)).toBe('  ▁')
})
