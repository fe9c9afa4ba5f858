/* What is measured. Each prints one line of JSON a phase, or ends the process where an answer is wrong. */
#ifndef OPERATIONS_H
#define OPERATIONS_H
#include "wire.h"

enum Way { LITERAL, ONE_BY_ONE, PIPELINED, TOGETHER_IN_ONE };
typedef struct {
  const char *mailbox;
  long messages, size;
  uint64_t seed;
  enum Way way;
  int together;
} Appending;
void append(Connection *c, const Appending *a);
/* The octets of messages 0 … messages-1. */
long corpus_octets(uint64_t seed, long messages, long size);
/* Sends o.messages over o.connections at once; returns after the last reply. `from`: who sends; `to` says where message i goes. */
typedef int (*Addresses)(long i, char (*to)[64]);
void send_all(const char *from, Addresses to);

void deliver(void);
void append_all(void);
void populate(void);
void fetch_headers(void);
void fetch_envelopes(void);
void fetch_flags(void);
void fetch_bodies(void);
void log_in(void);
void statuses(void);
void store_flags(void);
void searches(void);
void sorts(void);
void copies(void);
void retrieve_all(void);
void idle(void);
void mixed(void);
void growth(void);
void leave(void);
void defer(void);
void look(void);
void limits(void);
#endif
