// Shared by the loads of bench/engine: what a measurement reports.
#pragma once
#include "program.h"

enum { MOST_TIMES = 1 << 20 };

struct usage {
  double user, system, cpu, load;
};

static double clock_of(clockid_t clock) {
  struct timespec time;
  must(clock_gettime(clock, &time), "clock_gettime");
  return time.tv_sec + time.tv_nsec / 1e9;
}

// `cpu` is exact. The kernel divides user and system time by sampling, in hundredths of a second.
static struct usage usage(int pid) {
  struct usage usage = {.load = clock_of(CLOCK_PROCESS_CPUTIME_ID)};
  char path[64], line[1024];
  long long user, system;
  clockid_t clock;
  if (clock_getcpuclockid(pid, &clock) != 0) fail("no process %d", pid);
  usage.cpu = clock_of(clock);
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *stat = fopen(path, "r");
  // utime and stime are fields 14 and 15 of proc_pid_stat(5); the second field is a name in
  // brackets, which may contain spaces.
  if (stat == NULL || fgets(line, sizeof line, stat) == NULL) fail("%s: %s", path, strerror(errno));
  fclose(stat);
  if (sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &system) != 2)
    fail("%s: no times in it", path);
  usage.user = (double)user / sysconf(_SC_CLK_TCK);
  usage.system = (double)system / sysconf(_SC_CLK_TCK);
  return usage;
}

static int ascending(const void *a, const void *b) {
  unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
  return (left > right) - (left < right);
}

// Prints a measurement. `times` has those of the requests in nanoseconds, the last MOST_TIMES of
// them; or is NULL.
static void print_measurement(long long requests, double seconds, unsigned *times, struct usage before,
                              struct usage after) {
  size_t count = requests < MOST_TIMES ? requests : MOST_TIMES;
  printf("{\"requests\":%lld,\"seconds\":%.9f,", requests, seconds);
  if (times != NULL) {
    qsort(times, count, sizeof *times, ascending);
    printf("\"p50\":%u,\"p99\":%u,", times[count / 2], times[count * 99 / 100]);
  }
  printf("\"user\":%.2f,\"system\":%.2f,\"cpu\":%.9f,\"load\":%.9f}\n", after.user - before.user,
         after.system - before.system, after.cpu - before.cpu, after.load - before.load);
}
