#define _GNU_SOURCE
#include "phase.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

Options o = {.host = "127.0.0.1", .user = "u%04d", .password = "secret", .recipient = "u%04d@example.test", .pids = "", .folder = "INBOX",
             .messages = 100, .connections = 1, .users = 10, .first = 1, .per_connection = 100, .window = 50, .per_message = 1,
             .domains = 1, .seconds = 15, .least = 1, .think = 0.5};

static double started, cpu_before, own_before;
static double *latencies;
static int latency_count, latency_room;
static pthread_mutex_t latency_lock = PTHREAD_MUTEX_INITIALIZER;

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void pause_for(double seconds) {
  struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&t, NULL);
}

static void complain(const char *format, va_list list) {
  fputs("load: ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
}

void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  complain(format, list);
  va_end(list);
  exit(1);
}

void check(int holds, const char *format, ...) {
  if (holds) return;
  va_list list;
  va_start(list, format);
  complain(format, list);
  va_end(list);
  exit(1);
}

typedef struct {
  int pid, parent, in;
  double ended_cpu;
} Process;

static int read_process(const char *pid, Process *p) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  long n = read(file, text, sizeof text - 1);
  close(file);
  if (n <= 0) return 0;
  text[n] = 0;
  char *after_name = strrchr(text, ')');
  char state;
  long children_user, children_system;
  if (after_name == NULL || sscanf(after_name + 2, "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &state, &p->parent,
                                   &children_user, &children_system) != 4)
    return 0;
  p->pid = atoi(pid);
  p->ended_cpu = (double)(children_user + children_system) / (double)sysconf(_SC_CLK_TCK);
  return 1;
}

static int is_root(int pid) {
  for (const char *at = o.pids; *at; at += strcspn(at, ","), at += *at == ',')
    if (atoi(at) == pid) return 1;
  return 0;
}

/* The CPU clock of another process, all its threads together, in nanoseconds: /proc has steps of 10 ms. See clock_getcpuclockid(3). */
static double running_cpu(int pid) {
  clockid_t clock;
  struct timespec t;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long proportional_memory(int pid) {
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  long n = read(file, text, sizeof text - 1);
  close(file);
  if (n <= 0) return 0;
  text[n] = 0;
  char *at = strstr(text, "\nPss:");
  return at == NULL ? 0 : atol(at + 5) * 1024;
}

Tree tree(int with_memory) {
  static Process *list;
  static int room;
  int n = 0;
  DIR *proc = opendir("/proc");
  if (proc == NULL) fail("no /proc");
  for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    if (n == room) {
      room = room ? room * 2 : 512;
      list = realloc(list, (size_t)room * sizeof *list);
      if (list == NULL) abort();
    }
    if (read_process(entry->d_name, &list[n])) {
      list[n].in = is_root(list[n].pid);
      n++;
    }
  }
  closedir(proc);
  for (int grown = 1; grown;) {
    grown = 0;
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n && !list[i].in; j++)
        if (list[j].in && list[j].pid == list[i].parent) list[i].in = grown = 1;
  }
  Tree t = {0};
  for (int i = 0; i < n; i++) {
    if (!list[i].in) continue;
    t.processes++;
    t.cpu += running_cpu(list[i].pid) + list[i].ended_cpu;
    if (with_memory) t.pss += proportional_memory(list[i].pid);
  }
  return t;
}

static double rest(double seconds) {
  if (!*o.pids) return 0;
  double first = tree(0).cpu, before = first, end = now() + 60, still = 0;
  while (still < seconds && now() < end) {
    double since = now();
    pause_for(0.15);
    double cpu = tree(0).cpu, passed = now() - since;
    still = cpu - before < 0.02 * passed ? still + passed : 0;
    before = cpu;
  }
  return before - first;
}

double quiet(void) {
  return rest(0.3);
}

double settle(void) {
  return rest(1.3);
}

static double own_cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void phase_start(void) {
  cpu_before = tree(0).cpu;
  own_before = own_cpu();
  started = now();
}

Phase phase_stop(void) {
  Phase p = {.seconds = now() - started, .own_cpu = own_cpu() - own_before};
  pause_for(0.03); /* processes that have ended are counted by their parent, once it has seen that */
  p.cpu = tree(0).cpu - cpu_before;
  return p;
}

void latency(double seconds) {
  pthread_mutex_lock(&latency_lock);
  if (latency_count == latency_room) {
    latency_room = latency_room ? latency_room * 2 : 1024;
    latencies = realloc(latencies, (size_t)latency_room * sizeof *latencies);
    if (latencies == NULL) abort();
  }
  latencies[latency_count++] = seconds;
  pthread_mutex_unlock(&latency_lock);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double percentile(double share) {
  int at = (int)((double)latency_count * share);
  return latencies[at < latency_count ? at : latency_count - 1] * 1e3;
}

void phase_print(const Phase *p, const char *name, long operations, const char *more, ...) {
  check(operations > 0, "%s: nothing was done", name);
  printf("{\"phase\":\"%s\",\"operations\":%ld,\"seconds\":%.6f,\"rate\":%.3f,\"cpu\":%.6f,\"after\":%.6f,\"own\":%.6f", name, operations,
         p->seconds, (double)operations / p->seconds, p->cpu * 1e3 / (double)operations, p->cpu_after * 1e3 / (double)operations,
         p->own_cpu * 1e3 / (double)operations);
  if (latency_count > 0) {
    qsort(latencies, (size_t)latency_count, sizeof *latencies, by_value);
    printf(",\"p50\":%.4f,\"p90\":%.4f,\"p99\":%.4f,\"max\":%.4f", percentile(0.5), percentile(0.9), percentile(0.99), percentile(1));
    latency_count = 0;
  }
  va_list list;
  va_start(list, more);
  vprintf(more, list);
  va_end(list);
  puts("}");
  fflush(stdout);
}
