/** `mx`: mail from strangers to our domains, port 25. `submission`: mail from our own people, ports 587 and 465. */
export type Role = 'mx' | 'submission'
