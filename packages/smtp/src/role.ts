/**
 * `mx`: mail from strangers to our domains, port 25. `submission`: mail from our own people, ports 587 and 465.
 * `lmtp`: mail to our domains from a mail server of our own (RFC 2033), answered for each recipient. `odmr`: who has logged in fetches mail that waits
 * here for his domains (RFC 2645), port 366.
 */
export type Role = 'mx' | 'submission' | 'lmtp' | 'odmr'
