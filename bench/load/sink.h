/* A mail server that takes everything, on a port of all loopback addresses. */
#ifndef SINK_H
#define SINK_H
void sink_start(int port);
/* Recipients taken so far: r<number>@… with numbers from 0 on, each once. */
long sink_taken(void);
/* DKIM-Signature fields in all that was taken. The corpus has one in each message. */
long sink_signatures(void);
/* Takes connections, as the kernel does, and never says a word. */
void sink_silent(int port);
#endif
