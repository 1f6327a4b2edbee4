import { libraryConfig } from '../../tsdown.shared.ts'

export default libraryConfig(['src/index.ts', 'src/msgpack.ts', 'src/protobuf.ts', 'src/confluent.ts'])
