import type { Mistake } from '../plants/mistakes.ts'

/** A mistake of the server that the run has to see, and the part of its verdict that sees it. */
export interface Plant {
  readonly mistakes: readonly Mistake[]
  readonly seenAs: RegExp
}

export const PLANTS: Readonly<Record<string, Plant>> = {
  leaks: {
    mistakes: [
      {
        file: 'packages/smtp/src/service.ts',
        text: 'this.#connections.add(connection)',
        instead: 'this.#connections.add(connection); ((globalThis as any).leaked ??= []).push(Buffer.alloc(131_072, 1))',
      },
    ],
    seenAs: /memory/,
  },
  'never loses patience': {
    mistakes: [{ file: 'packages/smtp/src/adapter/idle-timer.ts', text: 'this.#fire()\n', instead: '\n' }],
    seenAs: /ended/,
  },
  'delivers twice': {
    mistakes: [
      {
        file: 'packages/delivery/src/distribution.ts',
        text: '[...deliveries.values()]',
        instead: '[...deliveries.values()].flatMap((copy) => (Math.random() < 0.3 ? [copy, copy] : [copy]))',
      },
    ],
    seenAs: /once/,
  },
  'loses mail': {
    mistakes: [
      {
        file: 'packages/delivery/src/reception.ts',
        text: 'const results = share.isKept ?',
        instead: 'const results = Math.random() < 0.3 ? deliveries.map(() => ({ ok: true }) as any) : share.isKept ?',
      },
    ],
    seenAs: /once/,
  },
  'holds everything up': {
    mistakes: [
      {
        file: 'packages/smtp/src/service.ts',
        text: 'this.#connections.add(connection)',
        instead: 'this.#connections.add(connection); if (Math.random() < 0.05) for (const end = Date.now() + 200; Date.now() < end; );',
      },
    ],
    seenAs: /event loop/,
  },
}
