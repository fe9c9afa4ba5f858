import { contract } from '@mailstead/store/contract'
import { openTemporary } from './temporary.ts'

contract('sqlite', async (clock) => {
  const temporary = await openTemporary({ clock })
  return {
    ...temporary.store,
    check: async () => temporary.check(),
    dispose: async () => temporary.remove(),
  }
})
