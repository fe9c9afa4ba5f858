/** What docs/performance.md says whatever the figures are. */

export const HEAD = `# Performance

<!-- Written by the benchmark from bench/results. Do not edit. -->

What Mailstead does on a machine beside Postfix and Dovecot, which are what most others run: how much of the processor each operation takes, how many
can be done in a second, how long a client waits. Everything is repeated by one command on a machine of yours, \`npm run bench\`; [bench/README.md](../bench/README.md)
says how it works.`

export const NOTHING_YET = 'No whole run has been published yet.'

export const SERVERS = `| server | what it is here |
| --- | --- |
| Mailstead | as shipped; passwords may come in clear over loopback, as with the others |
| Dovecot as shipped | Postfix hands mail over by LMTP; Maildir; all settings as Debian ships them, but for limits of how many connect |
| Dovecot tuned | the same as its manual tells to tune it: sdbox in place of Maildir, login processes that serve many, processes that are used again, idling sessions put to rest (hibernation), looked-up users kept; Postfix does not wait before it takes more (\`in_flow_delay = 0\`) |`

export const HOW = `- Servers have one core, the generator of the load has the other, and takes far less of it. Each operation is done by one server after the other, who is first
  changes from turn to turn, and what stands here are medians. A first turn of each operation, by all servers, does not count, but where an operation is done once
  or twice only.
- **CPU** is that of all processes and threads of a server, in ms an operation; behind a plus stands what it goes on for once the operation is done (Mailstead then
  indexes the text of new mail for SEARCH; Dovecot as it is here does not). The second figure of a cell is operations a second.
- The columns "CPU" and "rate" say how many times better Mailstead is than the better of the two Dovecots, of each figure the better one. Above 1× it is better,
  below 1× it is worse. "Goal" is what the project has set itself, "limit" the CPU ms that this machine takes at least, whatever the server, and how many times as
  much Mailstead takes.
- Mail is on disk before it is answered for, with all of them. But Dovecot as tuned does not sync flags: a single STORE is compared with the one that does.
- Every answer is looked at: messages, literals, octets and hits are counted, changes are read back. An operation that is answered wrongly has no figures.`

export const FIRST = `Mailstead's code is compiled while it runs, the more thoroughly the more often it runs. What a server that has just been started takes for an operation that it
has never done stands here: CPU ms, in the first turn, which does not count above, and in later ones.`

export const CARE = `- **Searching.** Mailstead has an index of text, and pays for it when mail comes in. Dovecot has none of its own; with a search engine beside it, it would be
  faster than here.
- **SEARCH SUBJECT and FROM** of a mailbox of up to 100,000 messages are answered from memory once a field was searched ten times; before, by the index, at four times the CPU.
- **"For the first time".** Dovecot works out what clients ask for when they first ask, Mailstead when mail is taken; what Dovecot keeps is removed before these.
- **Logins.** Users have logged in before. Mailstead then checks a password without hashing it slowly again (argon2id at the first time), Dovecot hashes each time
  (SHA512-CRYPT), whether it keeps users or not.
- **Memory of an idling session** is what 2,000 of them add. A server that gives memory back at the same time, as Mailstead does behind so much work, adds less than
  they take: of a Mailstead that has nothing to give back it was 34 KiB.
- **Disk.** Everything fits into memory, and nothing is cold; the disk counts where mail is synced. Rates follow it, CPU hardly does.
- **One core.** Mailstead uses more where there are more, for TLS, reading and indexing; so do the others.
- CPU of processes that have ended is known in steps of 10 ms only.
- **From run to run** most ratios differ by up to a third, one by a half, as code is compiled while it runs, and machines that are rented are not alike at all hours. A goal that is met
  by less may be missed by the next run.
- Ratios are good for machines like this one. Take absolute figures from your own.`

export const OUTWARDS = `From the first MAIL of ten senders until all mail has been taken by a server that accepts everything, and is settled in the queue.`
