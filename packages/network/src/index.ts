export { FrameAssembler, FrameError, type FrameErrorCode, PartialFrameBudget } from './frame-assembler.ts'
export { FaultyTransport, noTransportFaults, type TransportFaults } from './transport/faulty.ts'
export { MemoryNetwork } from './transport/memory.ts'
export { nodeTransport } from './transport/node.ts'
export {
  type Address,
  type Connection,
  type ConnectionHandler,
  formatAddress,
  type Listener,
  type Outgoing,
  type SendableBytes,
  type Transport,
  TransportError,
  type TransportErrorCode,
} from './transport/port.ts'
