import { AccountError, type AccountAdmin } from '@mailstead/accounts'
import { capabilityStates, type CapabilityState } from '@mailstead/imap'

/** Names as CAPABILITY has them without `=` and a number, in any case. */
export interface CapabilityChange {
  readonly off: readonly string[]
  readonly on: readonly string[]
}

/** Which capabilities of IMAP an account is offered. Arguments and results are plain data. Rejects with `AccountError`. */
export interface AccountCapabilities {
  /** All that can be switched, in the order of CAPABILITY. By the account's own address or an alias. */
  show(address: string): Promise<readonly CapabilityState[]>
  /** `bad-capability` for unknown names, and for what could not be on since it needs another that is off. Ends the account's sessions. */
  change(address: string, change: CapabilityChange): Promise<readonly CapabilityState[]>
}

export function accountCapabilities(accounts: Pick<AccountAdmin, 'show' | 'setCapabilitiesOff'>): AccountCapabilities {
  return {
    async show(address) {
      return capabilityStates((await accounts.show(address)).capabilitiesOff)
    },
    async change(address, asked) {
      const { capabilitiesOff } = await accounts.show(address)
      const names = capabilityStates([]).map(({ capability }) => capability)
      const spelled = (name: string): string => names.find((each) => each.toUpperCase() === name.toUpperCase()) ?? name
      const [off, on] = [asked.off.map(spelled), asked.on.map(spelled)]
      const unknown = [...off, ...on].find((name) => !names.includes(name))
      if (unknown !== undefined) throw refused(`${unknown} cannot be switched: it is none of ${names.join(', ')}`)
      const both = off.find((name) => on.includes(name))
      if (both !== undefined) throw refused(`${both} cannot be switched off and on`)
      const wanted = names.filter((name) => off.includes(name) || (capabilitiesOff.includes(name) && !on.includes(name)))
      const states = capabilityStates(wanted)
      const lacking = states.find(({ capability, state }) => state === 'lacking' && on.includes(capability))
      if (lacking !== undefined) {
        throw refused(
          `${lacking.capability} needs ${lacking.lacks.join(' and ')}: switch ${lacking.lacks.length === 1 ? 'it' : 'them'} on too`,
        )
      }
      await accounts.setCapabilitiesOff(address, wanted)
      return states
    },
  }
}

function refused(message: string): AccountError {
  return new AccountError('bad-capability', message)
}
