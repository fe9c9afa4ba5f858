import { createServer } from 'node:net'

/** Where each one of the world listens: loopback addresses of a network of their own, so that two worlds can be on one machine. */
export interface Addresses {
  readonly dns: string
  /** A name server that takes questions and answers none. */
  readonly silent: string
  readonly policies: string
  /** Of the server with this number: offers STARTTLS with the certificate it should have, none, or with one of an authority that nobody knows. */
  server(number: number): ServerAddresses
}

export interface ServerAddresses {
  readonly main: string
  readonly clear: string
  readonly foreign: string
}

/** Whether ports below 1024 of it may be had, and are free. */
export async function freeNetwork(): Promise<Addresses | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const network = `127.${64 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 256)}`
    const addresses: Addresses = {
      dns: `${network}.53`,
      silent: `${network}.54`,
      policies: `${network}.80`,
      server: (number) => ({ main: `${network}.${number}`, clear: `${network}.${number + 10}`, foreign: `${network}.${number + 20}` }),
    }
    const free = await Promise.all([isFree(addresses.server(1).main, 25), isFree(addresses.dns, 53), isFree(addresses.policies, 443)])
    if (free.every(Boolean)) return addresses
  }
  return undefined
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, address, () => probe.close(() => resolve(true)))
  })
}
