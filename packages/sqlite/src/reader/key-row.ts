/** uid, number, text or octets, and the blob where its keys are outdated, else 0 */
export type KeyRow = readonly [number, number | null, string | Buffer | null, number]

/** Those of a mailbox with UIDs from the first to the last. */
export type KeySelect = (mailbox: number, first: number, last: number) => KeyRow[]
