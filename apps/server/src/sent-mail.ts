import type { Config } from '@mailstead/config'

/** Whether the server keeps what an account sends, by its address. */
export function savesSent({ submission }: Pick<Config, 'submission'>): (address: string) => boolean {
  const others = new Set(submission.save_sent_except.map((address) => address.toLowerCase()))
  return (address) => others.has(address.toLowerCase()) !== submission.save_sent
}
