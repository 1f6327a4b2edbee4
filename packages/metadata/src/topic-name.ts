/** What a topic may be called, and which names count as the same. */

const lengthMax = 249
const legal = /^[a-zA-Z0-9._-]+$/

/** Why `name` cannot be a topic's name; undefined when it can. The texts are those people know from Kafka's tools. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > lengthMax) {
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${lengthMax}`
  }
  if (legal.test(name)) return undefined
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Metric names replace '.' by '_', so two topics that differ in nothing else collide. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
