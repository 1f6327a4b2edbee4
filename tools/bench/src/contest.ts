/** Contenders take turns: A B A B A B, so that what the machine does to one it does to all. */

export interface Contender<T> {
  readonly name: string
  run(round: number): Promise<T>
}

export interface Score<T> {
  readonly name: string
  /** One for each round, in their order; fewer when it failed. */
  readonly samples: readonly T[]
  /** Why it was left out from some round on. */
  readonly failure: string | undefined
}

/** Runs all of them `rounds` times. One that fails is not run again; the others go on. */
export async function contest<T>(
  contenders: readonly Contender<T>[],
  rounds: number,
  onSample: (name: string, round: number, sample: T | Error) => void,
): Promise<Score<T>[]> {
  const scores = contenders.map(({ name }) => ({ name, samples: [] as T[], failure: undefined as string | undefined }))
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const score = scores[index]!
      if (score.failure !== undefined) continue
      try {
        const sample = await contender.run(round)
        score.samples.push(sample)
        onSample(contender.name, round, sample)
      } catch (error) {
        score.failure = error instanceof Error ? error.message : `${error}`
        onSample(contender.name, round, error instanceof Error ? error : new Error(`${error}`))
      }
    }
  }
  return scores
}
