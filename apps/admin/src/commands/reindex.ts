import type { CliCommand } from '../command.ts'

const reindex: CliCommand = {
  name: 'reindex',
  summary: 'Makes the search index anew, for one account or for all',
  arguments: ['[ACCOUNT]'],
  details:
    'The index follows new mail by itself, and begins anew when its file (search.index in the data folder) is lost or damaged; this is for when ' +
    'it seems to be wrong all the same. Searches are answered meanwhile, more slowly.',
  examples: ['mailstead reindex', 'mailstead reindex ann@example.org'],

  async run(shell, args) {
    const { accounts, maintenance } = await shell.admin()
    const address = args.at(0)
    await maintenance.reindex(address === '' ? undefined : (await accounts.show(address)).id)
    const account = address === '' ? null : address
    shell.result({ account }, account === null ? 'The search index is new' : `The search index of ${account} is new`)
  },
}

export const reindexCommands = [reindex]
