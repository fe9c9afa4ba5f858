import { command, type Extension } from '../command.ts'
import { ImapBad } from '../errors.ts'

/** RFC 4978. After login only: a stranger's octets are not worth the memory. */
export const compressDeflate: Extension = {
  capability: 'COMPRESS=DEFLATE',
  rfc: 4978,
  summary: 'Everything after the reply is compressed, both ways',
  commands: [
    command({
      name: 'COMPRESS',
      state: 'authenticated',
      sync: 'nothing',
      // compress = "COMPRESS" SP algorithm
      parse(d) {
        d.space()
        return d.word()
      },
      run({ peer }, algorithm) {
        if (algorithm !== 'DEFLATE') throw new ImapBad('DEFLATE is the only mechanism')
        if (peer.compressed) throw new ImapBad('COMPRESS is active already')
        return { text: 'DEFLATE active', after: 'compress' }
      },
    }),
  ],
}
