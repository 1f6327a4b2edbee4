/** The features this broker can run at, as Apache Kafka 4.3.1 has them, and the levels a new cluster starts with. */

export interface SupportedFeature {
  readonly name: string
  readonly min: number
  readonly max: number
}

/** What registration, ApiVersions and UpdateFeatures offer. */
export const supportedFeatures: readonly SupportedFeature[] = [
  { name: 'eligible.leader.replicas.version', min: 0, max: 1 },
  { name: 'group.version', min: 0, max: 1 },
  { name: 'kraft.version', min: 0, max: 1 },
  { name: 'metadata.version', min: 7, max: 30 },
  { name: 'share.version', min: 0, max: 1 },
  { name: 'streams.version', min: 0, max: 1 },
  { name: 'transaction.version', min: 0, max: 2 },
]
