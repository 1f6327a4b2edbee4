/** What paths of a log are, for planted bugs that concern some of them. */

/** Whether the file holds records of a topic that clients write to: the broker's own logs are left alone. */
export function isRecords(path: string): boolean {
  return path.endsWith('.log') && !path.includes('/__')
}

export function isPartitionDirectory(path: string): boolean {
  return /-\d+$/.test(path) && !path.includes('/__')
}
