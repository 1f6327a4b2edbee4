/**
 * The part of Standard Schema v1 (https://standardschema.dev) that a serde needs: what Zod, Valibot, ArkType and others offer under
 * `~standard`, declared here from the public specification so that none of them is needed.
 */

/** A validator that takes `Input` and gives `Output`. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    /** The library that made it. */
    readonly vendor: string
    /** What `value` becomes, or what is wrong with it. */
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    /** For inference; nothing is there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** A value, or why there is none. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** What is wrong with a value, and where in it. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
