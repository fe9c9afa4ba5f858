import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Mistake } from '../../plants/mistakes.ts'

const FOLDER = fileURLToPath(new URL('../../../migrations/sqlite/', import.meta.url))
/** Beyond all numbers that the product has. */
const FIRST = 9000

/** Migrations that the server has beside its own, one more whenever it is asked for. */
export class RigMigrations {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rig-migrations-'))
  #count = 0

  constructor() {
    cpSync(FOLDER, this.#folder, { recursive: true })
  }

  /** So that the server reads them. */
  get mistake(): Mistake {
    return {
      file: 'packages/sqlite/src/migrate.ts',
      text: "new URL('../../../migrations/sqlite/', import.meta.url)",
      instead: `new URL('${pathToFileURL(this.#folder).href}/')`,
    }
  }

  add(): void {
    const n = ++this.#count
    const sql = [
      n > 1 ? `DROP TABLE rig_${n - 1};` : '',
      `CREATE TABLE rig_${n} AS SELECT m.*, (SELECT count(*) FROM message) AS total FROM message AS m;`,
      `CREATE INDEX rig_${n}_index ON rig_${n} (mailbox_id, uid);`,
      'UPDATE message SET modseq = modseq;',
    ]
    writeFileSync(join(this.#folder, `${FIRST + n}-rig.sql`), sql.join('\n'))
  }

  /** What is wrong, in words, with the last of them. */
  problems(database: string): string[] {
    const n = this.#count
    const db = new DatabaseSync(database, { readOnly: true })
    try {
      const row = db.prepare(`SELECT count(*) AS found, min(total) AS least, max(total) AS most FROM rig_${n}`).get()
      const { found, least, most } = row as { found: number; least: number | null; most: number | null }
      return found === (least ?? 0) && least === most ? [] : [`migration ${n} copied ${found} of ${least} to ${most} messages`]
    } finally {
      db.close()
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
