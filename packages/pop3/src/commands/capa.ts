import { argumentsOf, type Command } from '../command.ts'
import { CAPABILITIES } from '../capabilities.ts'

/** RFC 2449 section 5. */
export const capa: Command = {
  keyword: 'CAPA',
  state: 'any',
  async run({ respond, session, peer, services }, argument) {
    argumentsOf(argument, 0, 0, 'CAPA')
    const lines = CAPABILITIES.flatMap(({ tag, announce }) => {
      const parameters = announce(peer, session, services)
      return parameters === undefined ? [] : `${tag} ${parameters}`.trimEnd()
    })
    await respond.listing((texts) => texts.capabilitiesFollow, lines)
    return {}
  },
}
