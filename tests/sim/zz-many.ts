import { runScenario } from './src/scenario.ts'
const [a, b] = (process.argv[2] ?? '1-20').split('-').map(Number)
const t0 = performance.now()
let ok = 0
const kinds = new Map<string, number[]>()
for (let seed = a!; seed <= (b ?? a!); seed++) {
  const t = performance.now()
  const r = await runScenario({ seed })
  const r2 = process.argv[3] === '2' ? await runScenario({ seed }) : r
  if (r2.traceHash !== r.traceHash) console.log('NONDETERMINISTIC', seed)
  if (r.failure) { const k = r.failure.kind + ': ' + r.failure.message.split('\n')[0]!.replace(/\d+/g, 'N').slice(0, 160); kinds.set(k, [...(kinds.get(k) ?? []), seed]) } else ok++
  if (process.argv[3] === 'v') console.log(seed, Math.round(performance.now() - t), r.counts.stepCount, r.counts.simulatedMs, r.counts.acknowledgedCount, r.failure?.kind ?? 'ok')
}
console.log(ok, 'ok', Math.round(performance.now() - t0), 'ms')
for (const [k, s] of kinds) console.log(s.length, s.slice(0, 8).join(','), k)
