/*
 * LD_PRELOAD shim over the files in JOURNAL_DIR, for two rigs.
 *
 * power.ts: with JOURNAL_FILE, every write, truncation, removal and sync is done and written down, in order. What a
 * power cut at any point would have left is worked out from that.
 *
 * errors.ts: with FAIL_AT=n, the n-th write or sync of the database, and FAIL_FOR - 1 more after it, fail with FAIL_ERRNO.
 *
 * A record: kind (1), length of the path (2), of the data (4), offset (8, -1: at the end), path, data.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static int acts;
static int fail_at;
static int fail_for;
static int fail_errno;
static const char *dir;
static size_t dir_length;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("JOURNAL_FILE");
  const char *fail = getenv("FAIL_AT");
  dir = getenv("JOURNAL_DIR");
  if (dir == NULL) return;
  dir_length = strlen(dir);
  if (fail != NULL) {
    fail_at = atoi(fail);
    fail_for = atoi(getenv("FAIL_FOR"));
    fail_errno = atoi(getenv("FAIL_ERRNO"));
  }
  if (file == NULL) return;
  journal = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (journal < 0) abort();
}

static void put(const void *data, size_t length) {
  const char *at = data;
  while (length > 0) {
    ssize_t done = syscall(SYS_write, journal, at, length);
    if (done <= 0) abort();
    at += done;
    length -= (size_t)done;
  }
}

static int watched(const char *path) {
  return dir != NULL && strncmp(path, dir, dir_length) == 0 && strstr(path, "-shm") == NULL;
}

static int path_of(int fd, char *path) {
  char link[32];
  if (dir == NULL) return 0;
  strcpy(link, "/proc/self/fd/");
  char digits[12];
  int n = 0;
  for (unsigned rest = (unsigned)fd; n == 0 || rest > 0; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  char *end = link + strlen(link);
  while (n > 0) *end++ = digits[--n];
  *end = 0;
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return watched(path);
}

/* Whether this act on the database is one that is to fail; under the lock. */
static int fails(const char *path) {
  if (fail_at == 0 || strstr(path, ".db") == NULL) return 0;
  acts++;
  if (acts < fail_at || acts >= fail_at + fail_for) return 0;
  if (acts == fail_at) (void)!syscall(SYS_write, 2, "the disk fails\n", 15);
  errno = fail_errno;
  return 1;
}

static void record(char kind, const char *path, int64_t offset, const void *data, uint32_t length) {
  if (journal < 0) return;
  uint16_t path_length = (uint16_t)strlen(path);
  char head[15];
  head[0] = kind;
  memcpy(head + 1, &path_length, 2);
  memcpy(head + 3, &length, 4);
  memcpy(head + 7, &offset, 8);
  put(head, sizeof head);
  put(path, path_length);
  put(data, length);
}

/* The lock covers the act and its record, so that the journal has the order in which things happened. */
#define ACT(result, kind, path, offset, data, length, call) \
  pthread_mutex_lock(&lock);                                \
  result = fails(path) ? -1 : (call);                       \
  if (result >= 0) record(kind, path, offset, data, length); \
  pthread_mutex_unlock(&lock)

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return syscall(SYS_pwrite64, fd, data, length, offset);
  ssize_t result;
  ACT(result, 'W', path, offset, data, (uint32_t)result, syscall(SYS_pwrite64, fd, data, length, offset));
  return result;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return syscall(SYS_write, fd, data, length);
  ssize_t result;
  ACT(result, 'W', path, -1, data, (uint32_t)result, syscall(SYS_write, fd, data, length));
  return result;
}

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return (int)syscall(SYS_ftruncate, fd, length);
  int result;
  ACT(result, 'T', path, length, "", 0, (int)syscall(SYS_ftruncate, fd, length));
  return result;
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

int unlink(const char *path) {
  if (!watched(path)) return (int)syscall(SYS_unlink, path);
  int result;
  ACT(result, 'U', path, 0, "", 0, (int)syscall(SYS_unlink, path));
  return result;
}

static int flush(int fd, long number) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return (int)syscall(number, fd);
  int result;
  ACT(result, 'S', path, 0, "", 0, (int)syscall(number, fd));
  return result;
}

int fsync(int fd) {
  return flush(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return flush(fd, SYS_fdatasync);
}
