export type {
  AssignableMember,
  AssignableTopic,
  AssignmentInput,
  Assignor,
  GroupAssignment,
  RebalanceProtocol,
  TopicPartitions,
} from './assignor.ts'
export { assignorByName, assignors } from './assignors.ts'
export { cooperativeSticky } from './cooperative-sticky.ts'
export { range } from './range.ts'
export { roundRobin } from './round-robin.ts'
export { sticky } from './sticky.ts'
