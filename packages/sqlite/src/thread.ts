/** Where every thread of the store begins: `process.argv` names the file with what it does. */
import { resolveOwnImports } from '@mailstead/base/own-imports'

resolveOwnImports()
await import(process.argv[2] ?? '')
