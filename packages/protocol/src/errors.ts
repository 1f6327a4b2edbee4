/** The error codes of the protocol, and what a client may do about each. To add one, add a row. */

/** What the table says about an error code. */
export interface ErrorFacts {
  /** The number on the wire. */
  readonly code: number
  /** Kafka's name. */
  readonly name: ErrorName
  /** The same request may succeed later. */
  readonly retriable: boolean
  /** What the client knows about topics and leaders is out of date: ask for metadata before trying again. */
  readonly refreshMetadata: boolean
  /** What the client knows about the coordinator is out of date: find it before trying again. */
  readonly refreshCoordinator: boolean
  /** A transactional producer has to abort or begin anew; the application can go on after that. */
  readonly applicationRecoverable: boolean
  /** The configuration or the request is at fault; trying again never helps. */
  readonly invalidConfiguration: boolean
}

interface Row<C extends number> {
  readonly code: C
  readonly retriable?: true
  readonly refreshMetadata?: true
  readonly refreshCoordinator?: true
  readonly applicationRecoverable?: true
  readonly invalidConfiguration?: true
}

type Flags = Omit<Row<number>, 'code'>

const retriable: Flags = { retriable: true }
const refreshMetadata: Flags = { retriable: true, refreshMetadata: true }
const refreshCoordinator: Flags = { retriable: true, refreshCoordinator: true }
const applicationRecoverable: Flags = { applicationRecoverable: true }
const invalidConfiguration: Flags = { invalidConfiguration: true }

function row<const C extends number>(code: C, flags?: Flags): Row<C> {
  return { code, ...flags }
}

const rows = {
  UNKNOWN_SERVER_ERROR: row(-1),
  NONE: row(0),
  OFFSET_OUT_OF_RANGE: row(1),
  CORRUPT_MESSAGE: row(2, retriable),
  UNKNOWN_TOPIC_OR_PARTITION: row(3, refreshMetadata),
  INVALID_FETCH_SIZE: row(4),
  LEADER_NOT_AVAILABLE: row(5, refreshMetadata),
  NOT_LEADER_OR_FOLLOWER: row(6, refreshMetadata),
  REQUEST_TIMED_OUT: row(7, retriable),
  BROKER_NOT_AVAILABLE: row(8),
  REPLICA_NOT_AVAILABLE: row(9, refreshMetadata),
  MESSAGE_TOO_LARGE: row(10),
  STALE_CONTROLLER_EPOCH: row(11),
  OFFSET_METADATA_TOO_LARGE: row(12),
  NETWORK_EXCEPTION: row(13, refreshMetadata),
  COORDINATOR_LOAD_IN_PROGRESS: row(14, retriable),
  COORDINATOR_NOT_AVAILABLE: row(15, refreshCoordinator),
  NOT_COORDINATOR: row(16, refreshCoordinator),
  INVALID_TOPIC_EXCEPTION: row(17, invalidConfiguration),
  RECORD_LIST_TOO_LARGE: row(18, invalidConfiguration),
  NOT_ENOUGH_REPLICAS: row(19, retriable),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: row(20, retriable),
  INVALID_REQUIRED_ACKS: row(21, invalidConfiguration),
  ILLEGAL_GENERATION: row(22, applicationRecoverable),
  INCONSISTENT_GROUP_PROTOCOL: row(23),
  INVALID_GROUP_ID: row(24),
  UNKNOWN_MEMBER_ID: row(25, applicationRecoverable),
  INVALID_SESSION_TIMEOUT: row(26),
  REBALANCE_IN_PROGRESS: row(27),
  INVALID_COMMIT_OFFSET_SIZE: row(28),
  TOPIC_AUTHORIZATION_FAILED: row(29, invalidConfiguration),
  GROUP_AUTHORIZATION_FAILED: row(30, invalidConfiguration),
  CLUSTER_AUTHORIZATION_FAILED: row(31, invalidConfiguration),
  INVALID_TIMESTAMP: row(32),
  UNSUPPORTED_SASL_MECHANISM: row(33, invalidConfiguration),
  ILLEGAL_SASL_STATE: row(34, invalidConfiguration),
  UNSUPPORTED_VERSION: row(35, invalidConfiguration),
  TOPIC_ALREADY_EXISTS: row(36),
  INVALID_PARTITIONS: row(37),
  INVALID_REPLICATION_FACTOR: row(38, invalidConfiguration),
  INVALID_REPLICA_ASSIGNMENT: row(39),
  INVALID_CONFIG: row(40, invalidConfiguration),
  NOT_CONTROLLER: row(41, retriable),
  INVALID_REQUEST: row(42),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: row(43, invalidConfiguration),
  POLICY_VIOLATION: row(44),
  OUT_OF_ORDER_SEQUENCE_NUMBER: row(45),
  DUPLICATE_SEQUENCE_NUMBER: row(46),
  INVALID_PRODUCER_EPOCH: row(47, applicationRecoverable),
  INVALID_TXN_STATE: row(48),
  INVALID_PRODUCER_ID_MAPPING: row(49, applicationRecoverable),
  INVALID_TRANSACTION_TIMEOUT: row(50),
  CONCURRENT_TRANSACTIONS: row(51, retriable),
  TRANSACTION_COORDINATOR_FENCED: row(52),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: row(53, invalidConfiguration),
  SECURITY_DISABLED: row(54),
  OPERATION_NOT_ATTEMPTED: row(55),
  KAFKA_STORAGE_ERROR: row(56, refreshMetadata),
  LOG_DIR_NOT_FOUND: row(57),
  SASL_AUTHENTICATION_FAILED: row(58, invalidConfiguration),
  UNKNOWN_PRODUCER_ID: row(59),
  REASSIGNMENT_IN_PROGRESS: row(60),
  DELEGATION_TOKEN_AUTH_DISABLED: row(61),
  DELEGATION_TOKEN_NOT_FOUND: row(62),
  DELEGATION_TOKEN_OWNER_MISMATCH: row(63),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: row(64),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: row(65, invalidConfiguration),
  DELEGATION_TOKEN_EXPIRED: row(66),
  INVALID_PRINCIPAL_TYPE: row(67),
  NON_EMPTY_GROUP: row(68),
  GROUP_ID_NOT_FOUND: row(69),
  FETCH_SESSION_ID_NOT_FOUND: row(70, retriable),
  INVALID_FETCH_SESSION_EPOCH: row(71, retriable),
  LISTENER_NOT_FOUND: row(72, refreshMetadata),
  TOPIC_DELETION_DISABLED: row(73),
  FENCED_LEADER_EPOCH: row(74, refreshMetadata),
  UNKNOWN_LEADER_EPOCH: row(75, retriable),
  UNSUPPORTED_COMPRESSION_TYPE: row(76),
  STALE_BROKER_EPOCH: row(77),
  OFFSET_NOT_AVAILABLE: row(78, retriable),
  MEMBER_ID_REQUIRED: row(79),
  PREFERRED_LEADER_NOT_AVAILABLE: row(80, refreshMetadata),
  GROUP_MAX_SIZE_REACHED: row(81),
  FENCED_INSTANCE_ID: row(82, applicationRecoverable),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: row(83, refreshMetadata),
  ELECTION_NOT_NEEDED: row(84, refreshMetadata),
  NO_REASSIGNMENT_IN_PROGRESS: row(85),
  GROUP_SUBSCRIBED_TO_TOPIC: row(86),
  INVALID_RECORD: row(87, invalidConfiguration),
  UNSTABLE_OFFSET_COMMIT: row(88, retriable),
  THROTTLING_QUOTA_EXCEEDED: row(89, retriable),
  PRODUCER_FENCED: row(90, applicationRecoverable),
  RESOURCE_NOT_FOUND: row(91),
  DUPLICATE_RESOURCE: row(92),
  UNACCEPTABLE_CREDENTIAL: row(93),
  INCONSISTENT_VOTER_SET: row(94),
  INVALID_UPDATE_VERSION: row(95),
  FEATURE_UPDATE_FAILED: row(96),
  PRINCIPAL_DESERIALIZATION_FAILURE: row(97),
  SNAPSHOT_NOT_FOUND: row(98),
  POSITION_OUT_OF_RANGE: row(99),
  UNKNOWN_TOPIC_ID: row(100, refreshMetadata),
  DUPLICATE_BROKER_REGISTRATION: row(101),
  BROKER_ID_NOT_REGISTERED: row(102),
  INCONSISTENT_TOPIC_ID: row(103, refreshMetadata),
  INCONSISTENT_CLUSTER_ID: row(104),
  TRANSACTIONAL_ID_NOT_FOUND: row(105),
  FETCH_SESSION_TOPIC_ID_ERROR: row(106, retriable),
  INELIGIBLE_REPLICA: row(107),
  NEW_LEADER_ELECTED: row(108),
  OFFSET_MOVED_TO_TIERED_STORAGE: row(109),
  FENCED_MEMBER_EPOCH: row(110),
  UNRELEASED_INSTANCE_ID: row(111),
  UNSUPPORTED_ASSIGNOR: row(112),
  STALE_MEMBER_EPOCH: row(113),
  MISMATCHED_ENDPOINT_TYPE: row(114),
  UNSUPPORTED_ENDPOINT_TYPE: row(115),
  UNKNOWN_CONTROLLER_ID: row(116),
  UNKNOWN_SUBSCRIPTION_ID: row(117),
  TELEMETRY_TOO_LARGE: row(118),
  INVALID_REGISTRATION: row(119),
  TRANSACTION_ABORTABLE: row(120),
  INVALID_RECORD_STATE: row(121),
  SHARE_SESSION_NOT_FOUND: row(122, retriable),
  INVALID_SHARE_SESSION_EPOCH: row(123, retriable),
  FENCED_STATE_EPOCH: row(124),
  INVALID_VOTER_KEY: row(125),
  DUPLICATE_VOTER: row(126),
  VOTER_NOT_FOUND: row(127),
  INVALID_REGULAR_EXPRESSION: row(128),
  REBOOTSTRAP_REQUIRED: row(129),
  STREAMS_INVALID_TOPOLOGY: row(130),
  STREAMS_INVALID_TOPOLOGY_EPOCH: row(131),
  STREAMS_TOPOLOGY_FENCED: row(132),
  SHARE_SESSION_LIMIT_REACHED: row(133, retriable),
}

/** Kafka's name of an error. */
export type ErrorName = keyof typeof rows

type Codes = { readonly [N in ErrorName]: (typeof rows)[N]['code'] }

const entries = Object.entries(rows) as [ErrorName, Row<number>][]

/** The error codes by name: `ErrorCode.NOT_LEADER_OR_FOLLOWER`. */
export const ErrorCode = Object.fromEntries(entries.map(([name, { code }]) => [name, code])) as Codes
/** The numbers of all errors that Apache Kafka 4.3.1 knows. */
export type ErrorCode = Codes[ErrorName]

/** All errors, by ascending code. */
export const errors: readonly ErrorFacts[] = entries.map(([name, { code, ...flags }]) => ({
  code,
  name,
  retriable: false,
  refreshMetadata: false,
  refreshCoordinator: false,
  applicationRecoverable: false,
  invalidConfiguration: false,
  ...flags,
}))

const byCode = new Map(errors.map((error) => [error.code, error]))

/** Undefined for a code that newer software may know: treat it as not retriable. */
export function errorByCode(code: number): ErrorFacts | undefined {
  return byCode.get(code)
}

/** Kafka's name of a code, or `UNKNOWN(1234)`: for messages. */
export function errorName(code: number): string {
  return byCode.get(code)?.name ?? `UNKNOWN(${code})`
}
