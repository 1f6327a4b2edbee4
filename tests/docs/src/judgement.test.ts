import { describe, expect, it } from 'vitest'
import { type Facts, judgementOf } from './judgement.ts'

const record = { key: 'u1', value: 'three apples' }
const facts: Facts = { directory: '/home/me', produced: new Map([['orders', [record]]]) }

function problemOf(command: string, output: string): string | undefined {
  const judgement = judgementOf(command)
  if (judgement?.kind !== 'run') throw new Error(`${command} is ${judgement?.kind}`)
  return judgement.problemOf(output, facts)
}

describe('what is expected of a command', () => {
  it.each([
    ['npm start', 9092, './.millrace'],
    ['npm start -- --port 19092 --data /srv/orders --durability os', 19092, '/srv/orders'],
    ['npx millrace start', 9092, './.millrace'],
    ['npx millrace start --port 9092 --data ./data', 9092, './data'],
  ])('%s is a broker', (command, port, data) => {
    expect(judgementOf(command)).toEqual({ kind: 'start', port, data })
  })

  it('npm test, npm run test:sim and bash .ci/run are looked up', () => {
    expect(judgementOf('npm test')).toEqual({ kind: 'script', name: 'test' })
    expect(judgementOf('npm run test:sim')).toEqual({ kind: 'script', name: 'test:sim' })
    expect(judgementOf('bash .ci/run')).toEqual({ kind: 'file', path: '.ci/run' })
  })

  it('a demo is run, but its long form is looked up', () => {
    expect(judgementOf('npm run demo')).toEqual({ kind: 'script', name: 'demo' })
    expect(judgementOf('npm run demo -- --quick')).toMatchObject({ kind: 'run', needsStopped: false })
    expect(judgementOf('npm run demo:logs')).toMatchObject({ kind: 'run', needsStopped: false })
    expect(judgementOf('npm run demo -- --forever')).toBeUndefined()
  })

  it('a record that is produced is remembered', () => {
    const command = 'echo "u1:three apples" | npm run -s millrace -- produce orders --key-separator :'
    expect(judgementOf(command)).toMatchObject({ kind: 'run', produces: { topic: 'orders', record } })
  })

  it.each([
    'npm run build',
    'npm start --port 1',
    'npm run -s millrace -- topic create orders',
    'npm run -s millrace -- consume orders',
    'npm run -s millrace -- topic describe orders --verbose',
    'echo "u1:three apples" | npm run -s millrace -- consume orders',
    'echo "u1:three apples" | npm run -s millrace -- produce orders',
    'rm -rf packages/*/dist',
  ])('nothing is known of %s', (command) => {
    expect(judgementOf(command)).toBeUndefined()
  })
})

describe('the output of', () => {
  const consume = 'npm run -s millrace -- consume orders --from-beginning --exit-at-end --json'
  it('consume has what was produced', () => {
    expect(problemOf(consume, '{"key":"u1","value":"three apples"}\n')).toBeUndefined()
    expect(problemOf(consume, '')).toContain('0 records are shown, 1 were produced')
    expect(problemOf(consume, '{"key":"u1","value":"two apples"}\n')).toContain('u1:three apples is not among them')
    expect(problemOf(consume.replace('orders', 'refunds'), '')).toContain('nothing was produced')
  })

  const describeTopic = 'npm run -s millrace -- topic describe orders'
  it('topic describe has the offsets that producing gave', () => {
    const table = (end: number) =>
      `Topic orders\n\nPARTITION  ISR  END OFFSET\n        0  1             0\n        1  1  ${`${end}`.padStart(10)}\n`
    expect(problemOf(describeTopic, table(1))).toBeUndefined()
    expect(problemOf(describeTopic, table(12))).toContain('add up to 12')
    expect(problemOf(describeTopic, 'orders\n')).toContain('END OFFSET')
  })

  it('kafka-config has the directory of the stopped broker', () => {
    const lines = (data: string) => `process.roles=broker,controller\nnode.id=1\nlog.dirs=${data}\n`
    for (const launcher of ['npm run -s millrace -- ', 'npx millrace ', 'millrace ']) {
      expect(problemOf(`${launcher}kafka-config`, lines('/home/me/.millrace'))).toBeUndefined()
    }
    expect(problemOf('millrace kafka-config --data ./data', lines('/home/me/data'))).toBeUndefined()
    expect(problemOf('millrace kafka-config --data ./data', lines('/home/me/.millrace'))).toContain('/home/me/data')
    expect(judgementOf('millrace kafka-config')).toMatchObject({ needsStopped: true })
  })

  it('a demo says that all of its checks passed', () => {
    const summary = (passed: number, made: number) =>
      `\nDemo: ${passed} of ${made} checks passed, 765 orders in 14.3 s.\n`
    expect(problemOf('npm run demo -- --quick', summary(11, 11))).toBeUndefined()
    expect(problemOf('npm run demo -- --quick', summary(10, 11))).toBe('10 of 11 checks passed')
    expect(problemOf('npm run demo -- --quick', summary(0, 0))).toBe('0 of 0 checks passed')
    expect(problemOf('npm run demo:logs', summary(11, 11))).toContain('"Logs: N of N checks passed"')
  })

  it('--help has the commands', () => {
    expect(problemOf('npx millrace --help', 'start produce topic describe kafka-config')).toBeUndefined()
    expect(problemOf('npx millrace --help', 'start topic describe kafka-config')).toContain('"produce"')
  })
})
