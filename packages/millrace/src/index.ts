export { Admin, type AdminOptions, type Result, type Results, valuesOf } from '@millrace/admin'
export { bytes, MillraceError, type MillraceErrorCode, type Serde, string, type Topic, topic } from '@millrace/client'
