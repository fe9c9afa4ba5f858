import { demoMessages } from './messages.ts'

/** Connections at once: the work is the server's, not ours. */
const CONNECTIONS = 4

export interface FillOptions {
  /** Where mail from other servers goes in. */
  readonly host: string
  readonly port: number
  readonly messages: number
  readonly recipients: readonly string[]
  /** Called now and then with the number of messages taken so far. */
  progress(sent: number): void
}

/** Sends demonstration mail as other servers would. Rejects at the first message that is refused. */
export async function fill(options: FillOptions): Promise<void> {
  const { host, port, messages, recipients } = options
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: false,
    ignoreTLS: true,
    maxConnections: CONNECTIONS,
    maxMessages: 1000,
  })
  const source = demoMessages(messages, recipients, Date.now())
  let sent = 0
  const work = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) {
      await transport.sendMail(next.value)
      sent++
      if (sent % 100 === 0) options.progress(sent)
    }
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work))
  } finally {
    transport.close()
  }
}
