import type Database from 'better-sqlite3'
import type { Connection } from './connection.ts'

export type Param = number | string | Uint8Array | null

/** Where tests break the writer: a module named in its options gives these. Never there in a server. */
export interface Faults {
  beforeWrite?(sql: string): void
  /** Before member number `position`, from 0, of a group of `members`. A re-run member has a group to itself. */
  beforeMember?(db: Connection, position: number, members: number): void
  beforeCommit?(db: Connection): void
  afterCommit?(): void
}

/**
 * Where SQLite 3.54 plans a join, an order or a limit it looks at the values that are bound, and plans the statement anew at each run: 4 to 14 µs. Behind a
 * plus they are unknown to it.
 */
function steady(sql: string): string {
  return sql.replaceAll(/(?<=(?:[=<>]|\b(?:AND|BETWEEN|LIMIT)) )\?/gi, '+?')
}

/** Prepared statements as functions of their parameters. One instance a connection. */
export class Sql {
  readonly db: Connection
  readonly #faults: Faults | undefined

  constructor(db: Connection, faults?: Faults) {
    this.db = db
    this.#faults = faults
  }

  /** A statement that writes and answers no rows. */
  run(sql: string): (...params: Param[]) => Database.RunResult {
    const statement = this.db.prepare<Param[]>(steady(sql))
    const faults = this.#faults
    if (faults?.beforeWrite === undefined) return (...params) => statement.run(...params)
    return (...params) => {
      faults.beforeWrite?.(sql)
      return statement.run(...params)
    }
  }

  /** A statement that writes one row and answers it. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the statement's author knows the shape of its rows
  returning<Row>(sql: string): (...params: Param[]) => Row | undefined {
    const statement = this.db.prepare<Param[], Row>(steady(sql))
    const faults = this.#faults
    if (faults?.beforeWrite === undefined) return (...params) => statement.get(...params)
    return (...params) => {
      faults.beforeWrite?.(sql)
      return statement.get(...params)
    }
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the statement's author knows the shape of its rows
  get<Row>(sql: string): (...params: Param[]) => Row | undefined {
    const statement = this.db.prepare<Param[], Row>(steady(sql))
    return (...params) => statement.get(...params)
  }

  all<Row>(sql: string): (...params: Param[]) => Row[] {
    const statement = this.db.prepare<Param[], Row>(steady(sql))
    return (...params) => statement.all(...params)
  }

  /** Rows as arrays of columns: a third cheaper, for the paths that read thousands. */
  raw<Row extends readonly unknown[]>(sql: string): (...params: Param[]) => Row[] {
    const statement = this.db.prepare<Param[], Row>(steady(sql)).raw()
    return (...params) => statement.all(...params)
  }

  /** The first column of each row: a third of what the same in arrays costs. */
  pluck<Value>(sql: string): (...params: Param[]) => Value[] {
    const statement = this.db.prepare<Param[], Value>(steady(sql)).pluck()
    return (...params) => statement.all(...params)
  }
}
