export { openSqlite, type SqliteOptions, type SqliteStore } from './open.ts'
export { acquireLock, type Lock } from './lock.ts'
export { NewerSchemaError } from './migrate.ts'
