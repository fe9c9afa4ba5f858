import type { ImapDecoder } from '@mailstead/wire'
import { command, type Extension } from '../command.ts'
import { ImapBad } from '../errors.ts'

/** RFC 2971 section 3.3. */
const MAX_FIELDS = 30
const MAX_FIELD = 30
const MAX_VALUE = 1024

type Fields = Readonly<Record<string, string>>

// id_params_list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
function parseId(d: ImapDecoder): Fields {
  d.space()
  if (d.skipWord('NIL')) return {}
  const fields: [string, string][] = []
  d.listOrNone(() => {
    const field = d.string()
    d.space()
    const value = d.nstring() ?? ''
    if (field.length > MAX_FIELD || value.length > MAX_VALUE || fields.length === MAX_FIELDS) throw new ImapBad('ID is too long')
    fields.push([field, value])
  })
  return Object.fromEntries(fields)
}

/** ID, RFC 2971. What a client says of itself helps whoever reads the log; our version is nobody's business. */
export const id: Extension = {
  capability: 'ID',
  rfc: 2971,
  summary: 'Names the server without its version, and takes the name of the client for the log',
  announced: 'always',
  commands: [
    command({
      name: 'ID',
      state: 'any',
      sync: 'everything',
      parse: parseId,
      run({ respond, peer }, client) {
        peer.log.info('imap: client', { client })
        respond.untagged('ID ("name" "Mailstead")')
        return { text: 'Pleased to meet you' }
      },
    }),
  ],
}
