import { effective, type Effective } from '@mailstead/config'
import type { CliCommand } from '../command.ts'
import { columns } from '../format.ts'

const configCheck: CliCommand = {
  name: 'config check',
  summary: 'Says whether the configuration can be used, and what is wrong with it',
  examples: ['mailstead config check', 'mailstead config check --config /etc/mailstead.toml'],

  async run(shell) {
    const { file } = shell.config()
    shell.result(
      { ok: true, file: file ?? null },
      file === undefined ? 'No configuration file; the defaults are used' : `${file} is in order`,
    )
  },
}

const configShow: CliCommand = {
  name: 'config show',
  summary: 'Prints the configuration',
  options: { effective: { text: 'every value, and where it comes from; without it only what differs from the defaults' } },
  examples: ['mailstead config show --effective', 'mailstead config show --effective --json'],

  async run(shell, args) {
    const all = effective(shell.config())
    const shown = args.flag('effective') ? all : all.filter(({ origin }) => origin !== 'default')
    const json = shown.map(({ path, value, origin }) => ({ key: path, value: value ?? null, origin }))
    shell.result(json, shown.length === 0 ? 'Everything is at its default' : columns(['KEY', 'VALUE', 'FROM'], shown.map(row)))
  },
}

function row({ path, value, origin }: Effective): string[] {
  return [path, value === undefined ? '-' : JSON.stringify(value), origin]
}

export const configCommands = [configCheck, configShow]
