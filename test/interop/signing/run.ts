/**
 * What we sign and seal, read by verifiers that others wrote: dkimpy and libopendkim, from Debian. They look keys up in a file. Then the
 * same messages changed on their way: every verifier has to see it.
 *
 *   npm run signatures [-- SHARE]     of the real mail, where there is some; 0.1 when nothing is said
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@mailstead/base'
import { ALGORITHMS, keyRecord, MailSigner, makeKeyPair, readPrivateKey, type SigningKey } from '@mailstead/signing'
import { withFields } from '@mailstead/mime'
import { withSeed, type Random } from '@mailstead/testkit'
import { CHANGES, unsignedMessages, type Unsigned } from './messages.ts'
import { installedVerifiers, type Verifier } from './verifiers.ts'

const DOMAIN = 'example.org'
const share = Number(process.argv[2] ?? 0.1)
const dir = mkdtempSync(join(tmpdir(), 'mailstead-signing-'))
let failures = 0
try {
  const keys = await makeKeys(join(dir, 'keys'))
  const verifiers = installedVerifiers(dir, join(dir, 'keys'))
  if (verifiers.length === 0) console.log('skip: neither python3-dkim with python3-nacl nor libopendkim-dev is installed')
  else await withSeed((random) => judgeAll(verifiers, new MailSigner({ signing: async () => keys }, systemClock), random))
} finally {
  if (failures === 0) rmSync(dir, { recursive: true, force: true })
  else console.log(`${failures} verdicts are wrong; the messages are kept in ${dir}`)
}
process.exit(failures === 0 ? 0 : 1)

/** A key of each kind, whose records are written to `path`. */
async function makeKeys(path: string): Promise<readonly SigningKey[]> {
  const keys: SigningKey[] = []
  let records = ''
  for (const algorithm of ALGORITHMS) {
    const selector = algorithm.replace('-sha256', '')
    const pair = await makeKeyPair(algorithm)
    const { name, value } = keyRecord(DOMAIN, selector, pair)
    records += `${name} ${value}\n`
    keys.push({ domain: DOMAIN, selector, algorithm, privateKey: readPrivateKey(pair.privateKey) })
  }
  writeFileSync(path, records)
  return keys
}

async function judgeAll(verifiers: readonly Verifier[], signer: MailSigner, random: Random): Promise<void> {
  const good = new Map<string, string>()
  const changed = new Map<string, string>()
  for (const message of unsignedMessages(random, share)) {
    const signed = await signAndSeal(signer, message)
    if (signed === undefined) continue
    const write = (group: Map<string, string>, name: string, octets: Buffer): void => {
      const path = join(dir, `${group === good ? 'good' : 'changed'}-${group.size}.eml`)
      writeFileSync(path, octets)
      group.set(path, name)
    }
    write(good, message.name, signed)
    if (good.size > 40) continue
    for (const [change, make] of Object.entries(CHANGES))
      write(changed, `${message.name}, ${change}`, Buffer.from(make(signed.toString('latin1')), 'latin1'))
  }
  for (const verifier of verifiers) {
    judge(verifier, good, 'pass')
    judge(verifier, changed, 'fail')
  }
}

/** `undefined`: it has more fields than are signed. */
async function signAndSeal(signer: MailSigner, { octets }: Unsigned): Promise<Buffer | undefined> {
  const source = { size: octets.length, read: async (offset: number, length: number) => octets.subarray(offset, offset + length) }
  const signatures = await signer.sign(source, '')
  const arrival = { domain: DOMAIN, results: `mail.${DOMAIN}; spf=pass smtp.mailfrom=${DOMAIN}`, chain: 'none' } as const
  const set = await signer.seal(withFields(signatures, source), arrival)
  return signatures.length === 0 || set.length === 0 ? undefined : Buffer.concat([set, signatures, octets])
}

function judge(verifier: Verifier, files: ReadonlyMap<string, string>, wanted: 'pass' | 'fail'): void {
  const verdicts = verifier.read([...files.keys()])
  let wrong = 0
  for (const [path, name] of files) {
    for (const selector of verifier.selectors) {
      const verdict = verdicts.get(path)?.get(selector) ?? 'nothing'
      if (verdict.startsWith(wanted)) continue
      wrong++
      console.log(`FAIL ${verifier.name}: ${name}, ${selector}: ${verdict}`)
    }
  }
  failures += wrong
  if (wrong === 0) console.log(`ok   ${verifier.name}: ${files.size} messages, all ${wanted} (${verifier.selectors.join(', ')})`)
}
