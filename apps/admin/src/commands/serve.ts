import type { Overrides } from '@mailstead/config'
import type { Arguments } from '../arguments.ts'
import type { CliCommand, OptionSpec } from '../command.ts'
import { oneOf, wholeNumber } from '../args.ts'
import { runServer } from '../run-server.ts'

/** What `serve` and everything built on it takes. */
export const SERVE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'port-base': { value: 'N', text: 'added to every port; above 0 the server listens on loopback only' },
  'plaintext-auth': { value: 'WHERE', text: '"loopback": takes passwords from this machine without encryption; "never" is the default' },
  'log-level': { value: 'LEVEL', text: 'debug, info, warn, error or silent' },
  wire: { value: 'DIR', text: 'writes each session into a file of this folder, without passwords; mail stands in it, so keep it private' },
}

/** The options of the command line as values of the configuration. */
export function serveOverrides(args: Arguments): Overrides {
  const portBase = wholeNumber(args, 'port-base', 0, 64_000)
  const plaintext = oneOf(args, 'plaintext-auth', ['loopback', 'never'])
  const level = oneOf(args, 'log-level', ['debug', 'info', 'warn', 'error', 'silent'])
  return {
    ...(level === undefined ? {} : { 'log.level': { value: level, option: '--log-level' } }),
    ...(portBase === undefined ? {} : { port_base: { value: portBase, option: '--port-base' } }),
    ...(plaintext === undefined ? {} : { 'auth.plaintext': { value: plaintext, option: '--plaintext-auth' } }),
  }
}

const serve: CliCommand = {
  name: 'serve',
  summary: 'Runs the mail server in the foreground',
  options: SERVE_OPTIONS,
  details:
    'SIGTERM and SIGINT end it within 10 seconds, with goodbyes to its clients. SIGHUP reads the certificates again. With a port base N above 0 it ' +
    'listens on 127.0.0.1 and ::1 at standard port + N (N = 10000: 10025, 10587, 10465, 10143, 10993, 10110, 10995), else on all addresses at the standard ports.',
  examples: [
    'mailstead serve --data /var/lib/mailstead',
    'mailstead serve --data ./data --port-base 10000',
    'mailstead serve --port-base 10000 --wire ./wire',
  ],

  async run(shell, args) {
    const { config } = shell.config(serveOverrides(args))
    return runServer(config, { wireDir: args.text('wire') }, (server) => {
      const facts = server.facts()
      const text = `mailstead ${facts.version} is ready (process ${facts.pid}, data in ${server.dir})`
      shell.result({ ready: true, dataDir: server.dir, ...facts }, text)
    })
  },
}

export const serveCommands = [serve]
