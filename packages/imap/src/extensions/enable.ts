import { command, type Extension } from '../command.ts'

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
        const fresh = [...new Set(names)].flatMap((name) => (session.enabled.has(name) ? [] : (peer.registry.enableable(name) ?? [])))
        for (const { capability, enable } of fresh) {
          if (typeof enable === 'function') enable(context)
          session.enabled.add(capability.toUpperCase())
        }
        respond.untagged(['ENABLED', ...fresh.map(({ capability }) => capability)].join(' '))
        return { text: 'Enabled' }
      },
    }),
  ],
}
