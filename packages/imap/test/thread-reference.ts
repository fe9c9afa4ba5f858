import type { Uid } from '@mailstead/store'

/** What threads are made of. */
export interface ThreadMessage {
  readonly uid: Uid
  readonly sent: number
  /** Equal base subjects have equal numbers; 0: there is none. */
  readonly subject: number
  readonly isReply: boolean
  /** Equal message ids have equal numbers; 0: there is none that is valid. */
  readonly id: number
  /** Ids of the messages it answers, the nearest last. */
  readonly references: readonly number[]
}

/**
 * THREAD=REFERENCES as RFC 5256 words it, step by step on whole trees, slow and obvious. It shares nothing with the
 * server's code. Returns the thread-lists, numbers being UIDs.
 */
export function threadSlowly(messages: readonly ThreadMessage[]): string {
  const root = link(messages)
  prune(root)
  sortSiblings(root, false)
  merge(root)
  sortSiblings(root, true)
  return root.children.map((thread) => `(${print(thread)})`).join('')
}

class Tree {
  message: ThreadMessage | undefined
  parent: Tree | undefined
  children: Tree[] = []

  constructor(message?: ThreadMessage) {
    this.message = message
  }

  adopt(child: Tree): void {
    child.leave()
    child.parent = this
    this.children.push(child)
  }

  /** Leaves lists that are being walked as they are. */
  leave(): void {
    if (this.parent !== undefined) this.parent.children = this.parent.children.filter((other) => other !== this)
    this.parent = undefined
  }

  isBelow(other: Tree): boolean {
    return this === other || (this.parent?.isBelow(other) ?? false)
  }
}

// Steps 1 and 2.
function link(messages: readonly ThreadMessage[]): Tree {
  const trees = new Map<number | string, Tree>()
  let unique = 0
  for (const message of messages) {
    // Dummies are made before the message takes its own id, as in the order of the text.
    const line = message.references.map((id) => trees.get(id) ?? set(trees, id, new Tree()))
    for (let at = 1; at < line.length; at++) {
      const [parent, child] = [line[at - 1]!, line[at]!]
      if (child.parent === undefined && !parent.isBelow(child)) parent.adopt(child)
    }
    let own = message.id === 0 ? undefined : trees.get(message.id)
    if (own === undefined) own = set(trees, message.id === 0 ? `unique ${++unique}` : message.id, new Tree())
    else if (own.message !== undefined) own = set(trees, `unique ${++unique}`, new Tree())
    own.message = message
    own.leave()
    const parent = line.at(-1)
    if (parent !== undefined && !parent.isBelow(own)) parent.adopt(own)
  }
  const root = new Tree()
  for (const tree of trees.values()) if (tree.parent === undefined) root.adopt(tree)
  return root
}

function set(trees: Map<number | string, Tree>, id: number | string, tree: Tree): Tree {
  trees.set(id, tree)
  return tree
}

// Step 3, children first.
function prune(root: Tree): void {
  const visit = (tree: Tree): void => {
    for (const child of tree.children) visit(child)
    if (tree.message !== undefined) return
    const { parent } = tree
    if (parent === undefined) return
    if (tree.children.length > 1 && parent === root) return
    tree.leave()
    for (const child of tree.children) parent.adopt(child)
  }
  for (const child of root.children) visit(child)
}

// Steps 4 (top level, and below dummies) and 6 (everywhere, the youngest first).
function sortSiblings(tree: Tree, everywhere: boolean): void {
  for (const child of tree.children) if (everywhere || child.message === undefined) sortSiblings(child, everywhere)
  tree.children.sort((a, b) => leader(a).sent - leader(b).sent || leader(a).uid - leader(b).uid)
}

function leader(tree: Tree): ThreadMessage {
  return tree.message ?? tree.children[0]!.message!
}

// Step 5.
function merge(root: Tree): void {
  const table = new Map<number, Tree>()
  for (const current of root.children) {
    const { subject } = leader(current)
    if (subject === 0) continue
    const known = table.get(subject)
    if (known === undefined) table.set(subject, current)
    else if (known.message !== undefined && (current.message === undefined || (known.message.isReply && !current.message.isReply))) {
      table.set(subject, current)
    }
  }
  for (const current of root.children) {
    const { subject } = leader(current)
    const known = subject === 0 ? undefined : table.get(subject)
    if (known === undefined || known === current) continue
    if (known.message === undefined && current.message === undefined) {
      for (const child of current.children) known.adopt(child)
      current.leave()
    } else if (known.message === undefined) known.adopt(current)
    else if (current.message?.isReply === true && !known.message.isReply) known.adopt(current)
    else {
      const dummy = new Tree()
      root.adopt(dummy)
      dummy.adopt(known)
      dummy.adopt(current)
      table.set(subject, dummy)
    }
  }
}

function print({ message, children }: Tree): string {
  const own = message === undefined ? '' : String(message.uid)
  const rest = children.length === 1 ? print(children[0]!) : children.map((child) => `(${print(child)})`).join('')
  return own !== '' && rest !== '' ? `${own} ${rest}` : own + rest
}
