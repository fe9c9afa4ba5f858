/* What is measured: time, latencies, and the CPU and memory of the server's whole process tree. */
#ifndef PHASE_H
#define PHASE_H

typedef struct {
  double seconds, cpu, own_cpu;
  /* CPU seconds that the server went on for, once the phase was over. */
  double cpu_after;
} Phase;

typedef struct {
  double cpu;
  long pss;
  int processes;
} Tree;

/* Options of the command line, the same for all operations. */
typedef struct {
  const char *host, *user, *password, *recipient, *pids, *folder;
  int smtp, imap, imaps, pop3, sink;
  int messages, connections, users, first, per_connection, tls, window, login;
  int per_message, domains, dead, signatures;
  long size;
  double seconds, least, think;
} Options;
extern Options o;

double now(void);
void pause_for(double seconds);
/* Ends the process: the operation has failed, and nothing of it may count. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
__attribute__((format(printf, 2, 3))) void check(int holds, const char *format, ...);

/* Memory is looked at only where asked for: reading it costs the kernel time. */
Tree tree(int with_memory);
/* Waits until the server does nothing any more (2 % of a core), a minute at the most; the CPU seconds that took. */
double quiet(void);
/* The same for more than a second: servers put work off by one. */
double settle(void);

void phase_start(void);
Phase phase_stop(void);
/* Thread-safe; the list is emptied by phase_print. */
void latency(double seconds);
/* One line of JSON. `more`: further members, each with a comma before it. */
__attribute__((format(printf, 4, 5))) void phase_print(const Phase *phase, const char *name, long operations, const char *more, ...);
#endif
