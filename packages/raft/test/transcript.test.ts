/** Replays `transcripts/*.txt`. `RERECORD=1` writes what happens now; the difference is then read by a person. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { replay } from './transcript.ts'

const folder = new URL('./transcripts/', import.meta.url)

describe('transcripts', () => {
  for (const name of readdirSync(folder)) {
    it(name.replace('.txt', '').replaceAll('-', ' '), () => {
      const file = new URL(name, folder)
      const recorded = readFileSync(file, 'utf8')
      const now = replay(recorded)
      if (process.env.RERECORD === '1') writeFileSync(file, now)
      else expect(now).toBe(recorded)
    })
  }
})
