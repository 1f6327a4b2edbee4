/** DefaultPrincipalData: a principal in an Envelope request. */
import { bool, string } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const DefaultPrincipalData = defineSchema({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: 0,
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  },
})

export interface DefaultPrincipalData extends Decoded<typeof DefaultPrincipalData> {}
