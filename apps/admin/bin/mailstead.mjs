#!/usr/bin/env node
// Plain JavaScript that any Node from 20 on can read: the product itself is TypeScript for Node 24. Under an older
// one this starts the Node that came with the dependencies and steps aside.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const NEEDED = 24

/**
 * What passes through a server is garbage soon. Left alone, V8 lets the newest of it grow beyond 100 MiB; with less room,
 * in MiB here, it takes no more time. V8 asks for it when a process begins, and never again.
 */
const YOUNG = '--max-semi-space-size=16'
/**
 * Heaps of glibc. Each thread would else get its own, and those that have computed argon2 would keep the 19 MiB of it for ever: large
 * blocks, too, come from there once one was freed. An administrator's own setting counts more.
 */
const ARENAS = '2'
const SERVING = ['serve', 'start']

if (Number(process.versions.node.split('.')[0]) < NEEDED) startPinned(pinnedNode())
else if (needsBounds()) become(process.execPath)
else await run()

function needsBounds() {
  return SERVING.includes(process.argv[2]) && !process.execArgv.includes(YOUNG) && typeof process.execve === 'function'
}

/** Another Node in the place of this one. */
function become(node) {
  process.execve(node, [node, ...nodeArguments()], environment())
}

function environment() {
  return { MALLOC_ARENA_MAX: ARENAS, ...process.env }
}

function nodeArguments() {
  return [YOUNG, ...process.execArgv, ...process.argv.slice(1)]
}

async function run() {
  dieWithParent()
  // Stripping types and compiling is half the time of a short command and of a start. Only who may write the program itself may
  // fill the cache. Node keeps one for each user: docs/setup.md has it made for the server's. Threads learn of it by the variable.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../../node_modules/.cache/mailstead', import.meta.url))
  nodeModule.enableCompileCache?.()
  try {
    const { resolveOwnImports } = await import('@mailstead/base/own-imports')
    resolveOwnImports()
    const { main } = await import('../src/main.ts')
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(`mailstead: a dependency is missing: run \`npm ci\` in the folder of Mailstead (${error.message})`)
    process.exitCode = 1
  }
}

/** The Node that `npm ci` installed beside us. */
function pinnedNode() {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
    if (existsSync(path)) return path
  } catch {
    // Not installed: said below.
  }
  return undefined
}

function startPinned(node) {
  if (node === undefined) {
    console.error(
      `mailstead: Node ${NEEDED} or newer is needed, this is ${process.version}: run \`npm ci\` in the folder of Mailstead, it brings the right one`,
    )
    process.exitCode = 1
    return
  }
  if (typeof process.execve === 'function') become(node)
  // Not all Nodes can become another program; then a child does the work and dies with us, even when we are killed.
  const child = spawn(node, nodeArguments(), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...environment(), MAILSTEAD_CHILD: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    console.error(`mailstead: ${node} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}

function dieWithParent() {
  if (process.env.MAILSTEAD_CHILD !== '1' || process.channel === undefined) return
  delete process.env.MAILSTEAD_CHILD
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}
