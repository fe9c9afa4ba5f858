import type { Logger } from '@mailstead/base'
import type { Finding } from '@mailstead/delivery'
import type { Resolver } from '@mailstead/resolver'

/** What checks work with. */
export interface Tools {
  readonly resolver: Resolver
  /** Of the session. */
  readonly log: Logger
}

/** Looks at something the client is or says. DNS that does not answer weighs nothing: nobody is judged by our own troubles. */
export type Check<Subject> = (subject: Subject, tools: Tools) => Promise<readonly Finding[]>
