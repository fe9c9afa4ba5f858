import type { Mechanism, Step } from './mechanism.ts'
import { ask, fail, secureExchange } from './exchange.ts'
import { decodeText, isField } from './text.ts'

/**
 * LOGIN, draft-murchison-sasl-login-00: never a standard, still what Outlook and many devices speak. The prompts
 * are the ones that clients compare with, not the draft's "User Name". A user name as initial response is taken.
 */
export const login: Mechanism = {
  name: 'LOGIN',
  available: () => true,
  start(credentials, context) {
    let user: string | undefined
    return secureExchange(context, async (response): Promise<Step> => {
      if (response === undefined) return ask('Username:')
      const text = decodeText(response)
      if (text === undefined || !isField(text)) return fail('malformed')
      if (user === undefined) {
        user = text
        return ask('Password:')
      }
      return { kind: 'done', result: await credentials.checkPassword(user, text, '', context) }
    })
  },
}
