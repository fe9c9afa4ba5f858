import { contract } from '@mailstead/store/contract'
import { asBackend, openTemporary } from './temporary.ts'

contract('sqlite', async (clock) => asBackend(await openTemporary({ clock })))
