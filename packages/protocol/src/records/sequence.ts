/** Producer sequence numbers: 31 bits that wrap from 2147483647 to 0 (reference section 2.5). */

/** The sequence `count` records after `sequence`; -1, no sequence, stays -1. */
export function addSequence(sequence: number, count: number): number {
  return sequence < 0 ? -1 : (sequence + count) % 0x8000_0000
}
