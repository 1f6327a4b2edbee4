import { libraryConfig } from '../../tsdown.shared.ts'

export default libraryConfig(['src/index.ts', 'src/inspect.ts'])
