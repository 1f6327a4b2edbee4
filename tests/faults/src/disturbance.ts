/** What is done to the broker, or to the way to it, while a flow is under way. */

export const disturbances = [
  'the broker restarts',
  'the broker moves to another port',
  'the first of two addresses dies',
  'its host name gets another address',
] as const

export type Disturbance = (typeof disturbances)[number]

/** Whether it needs a broker that no other case uses. */
export function needsOwnBroker(disturbance: Disturbance | undefined): boolean {
  return disturbance === 'the broker restarts' || disturbance === 'the broker moves to another port'
}
