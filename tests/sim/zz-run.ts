import { runScenario } from './src/scenario.ts'
const seed = Number(process.argv[2] ?? 1)
const t = performance.now()
const r = await runScenario({ seed, keepsTrace: process.argv[3] === 't' })
console.log(performance.now() - t, 'ms', r.traceHash, JSON.stringify(r.counts))
if (r.failure) { console.log(r.failure.kind, r.failure.message); console.log(r.log.slice(-15).join('\n')); console.log(r.trace.slice(-40).map(l=>l.slice(0,200)).join('\n')) }
