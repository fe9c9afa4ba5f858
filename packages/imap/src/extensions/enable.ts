import { command, type Extension } from '../command.ts'
import { enableModSeqs } from '../modseq.ts'

/** ENABLE, RFC 5161. Unknown names and those that need no enabling are passed over (section 3.1). */
export const enable: Extension = {
  capability: 'ENABLE',
  rfc: 5161,
  summary: 'Turns on extensions that change what the server sends',
  announced: 'always',
  commands: [
    command({
      name: 'ENABLE',
      state: 'authenticated',
      sync: 'everything',
      // enable = "ENABLE" 1*(SP capability)
      parse(d) {
        const names: string[] = []
        do {
          d.space()
          names.push(d.word())
        } while (!d.atEnd)
        return names
      },
      run(context, names) {
        const { session, respond, peer } = context
        const fresh = [...new Set(names)].filter((name) => peer.registry.canEnable(name) && !session.enabled.has(name))
        if (fresh.includes('CONDSTORE') || fresh.includes('QRESYNC')) enableModSeqs(context)
        for (const name of fresh) session.enabled.add(name)
        respond.untagged(['ENABLED', ...fresh].join(' '))
        return { text: 'Enabled' }
      },
    }),
  ],
}
