import { runScenario } from './src/scenario.ts'
import { plants } from './src/plants/index.ts'
for (const plant of plants) {
  if (process.argv[2] && plant.name !== process.argv[2]) continue
  const found: string[] = []
  for (let seed = 1; seed <= Number(process.argv[3] ?? 15); seed++) {
    const r = await runScenario({ seed, plant })
    found.push(r.failure ? `${seed}:${r.failure.kind}:${r.failure.message.split('\n')[0]!.slice(0, 110)}` : `${seed}:-`)
  }
  console.log(plant.name, found.filter((f) => !f.endsWith('-')).length, '/', found.length)
  for (const f of found) console.log('   ', f)
}
