import { flagKeys } from './flag-keys.ts'
import { headerKeys } from './header-keys.ts'
import type { SearchKey } from './key.ts'
import { logicKeys } from './logic-keys.ts'
import { rowKeys } from './row-keys.ts'
import { uidKey } from './set-keys.ts'
import { textKeys } from './text-keys.ts'

/** The named keys of RFC 3501 section 6.4.4. */
export const baseSearchKeys: readonly SearchKey[] = [...flagKeys, uidKey, ...rowKeys, ...headerKeys, ...textKeys, ...logicKeys]
