export { describeTransport, type TransportUnderTest } from './transport/conformance.ts'
