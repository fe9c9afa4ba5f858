import { setTimeout as wait } from 'node:timers/promises'
import { type Figures, runGenerator } from './generator.ts'
import { type Server, up } from './servers/server.ts'

/** ms of rest before memory is looked at. */
const REST = 3000

/** From exec to the last banner, and what the server takes once it is at rest. */
export async function timeStart(generator: string, server: Server): Promise<Figures> {
  await server.stop()
  const began = performance.now()
  const started = (await up(server)) - began
  await wait(REST)
  const [look] = await runGenerator(generator, server, ['look'])
  return {
    phase: 'start',
    operations: 1,
    seconds: started / 1000,
    rate: 1000 / started,
    cpu: Number(look?.['spent']) * 1000,
    started,
    memory: Number(look?.['memory']),
  }
}
