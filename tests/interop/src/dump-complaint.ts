/** What DumpLogSegments has against a file, found in its output. Pure. */

const complaints =
  /isvalid: false|Mismatches in|timestamp mismatch|out of order timestamp|Non-consecutive|Exception|corrupt|could not|invalid bytes|malformed/i

/** Each segment is held against offset -1 at first: that one of its complaints is about every segment but the first of a log. */
const expectedJump = /^Non-consecutive offsets in \S*?0*(\d+)\.log\n\s+-1 is followed by \1\n/gm

/**
 * The first complaint in what was printed on standard output and on standard error, where everything is one; undefined when there
 * is none. The output must not hold values of records, whose words would be taken for complaints.
 */
export function findComplaint(output: string, errors: string): string | undefined {
  const rest = errors.replaceAll(expectedJump, '').trim()
  if (rest !== '') return rest.slice(0, 2000)
  return output.split('\n').find((line) => complaints.test(line))
}
