import { LineClient } from '../../../bench/clients.ts'

export interface SubmitterOptions {
  readonly port: number
  readonly user: string
  readonly password: string
  readonly goesOn: () => boolean
  /** A name and recipients that nobody had before. */
  readonly next: () => { readonly message: string; readonly recipients: readonly string[] }
  /** It was answered with 250. */
  readonly taken: (message: string, recipients: readonly string[]) => void
}

/** Submits messages to other servers without pause; comes again when the server is killed. */
export async function submit({ port, user, password, goesOn, next, taken }: SubmitterOptions): Promise<void> {
  while (goesOn()) {
    try {
      const client = LineClient.tcp(port)
      const command = async (line: string): Promise<void> => {
        const reply = client.line((each) => /^\d{3} /.test(each))
        client.send(`${line}\r\n`)
        const answer = await reply
        if (!/^[23]/.test(answer)) throw new Error(answer)
      }
      await client.line((line) => line.startsWith('220 '))
      await command('EHLO client.test')
      await command(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`)
      for (let n = 0; n < 50 && goesOn(); n++) {
        const { message, recipients } = next()
        await command(`MAIL FROM:<${user}>`)
        for (const recipient of recipients) await command(`RCPT TO:<${recipient}>`)
        await command('DATA')
        await command(`From: ${user}\r\nMessage-ID: <${message}@crash.test>\r\nSubject: ${message}\r\n\r\n${'x'.repeat(70)}\r\n.`)
        taken(message, recipients)
      }
      client.close()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20)) // killed: again
    }
  }
}
