import { readFileSync, writeFileSync } from 'node:fs'

const FILE = '/proc/sys/fs/inotify/max_user_instances'
const ENOUGH = 8192

/**
 * Lets a user watch as many folders as there are sessions, as Dovecot's log asks for where it cannot: each of its sessions takes an
 * instance of inotify, and those that get none look for new mail every 30 s only. Returns what puts the limit back.
 */
export function raiseInotifyLimit(): () => void {
  const before = readFileSync(FILE, 'utf8')
  if (Number(before) >= ENOUGH) return () => {}
  writeFileSync(FILE, String(ENOUGH))
  return () => writeFileSync(FILE, before)
}
