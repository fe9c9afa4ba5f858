/* A process on the servers' core that does one thing only, by system calls alone: what a server cannot be better than. */
#ifndef PEER_H
#define PEER_H

/* Octets of a command, and of an answer or greeting. */
enum { QUESTION = 100, ANSWER = 30, MEGABYTE = 1000000 };

enum Peer { ANSWERS, GREETS, SENDS, SENDS_BY_TLS };

/* Starts it, in place of the processes whose CPU counts; returns its port. */
int peer_start(enum Peer kind);
void peer_end(void);
#endif
