import { sections, type Section } from './settings.ts'

const HEAD = `# Configuration

<!-- Written by scripts/docs.ts from packages/config/src/schema.ts. Do not edit. -->

Mailstead needs no configuration file. When there is one it is TOML: the file named by \`--config\` or by
\`MAILSTEAD_CONFIG\`, else \`mailstead.toml\` in the data folder. A value on the command line wins over one in the
environment, that over the file, and that over the default. Every key but those of tables in double brackets can be
set in the environment.

    mailstead config check                # says what is wrong, with key and line
    mailstead config show --effective     # every value, and where it comes from

A key that does not exist is refused, and so is a value that cannot be meant. Sizes are octets, or a number with
\`K\`, \`M\`, \`G\` or \`T\` (powers of 1024). Changes take effect at the next start; certificates at once.
`

/** The text of docs/config.md. */
export function configDocs(): string {
  return `${HEAD}\n${sections.map(section).join('\n')}`
}

function section({ name, list, description, settings }: Section): string {
  const title = name === '' ? '## Top level' : list ? `## \`[[${name}]]\`` : `## \`[${name}]\``
  const rows = settings.map(({ path, defaultText, description: text, variable }) => {
    const meaning = variable === undefined ? text : `${text} \`${variable}\``
    return `| \`${path.split('.').at(-1)}\` | ${defaultText} | ${meaning} |`
  })
  const head = list ? 'meaning' : 'meaning, and its environment variable'
  return `${title}\n\n${description}\n\n| key | default | ${head} |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}
