//===- Threads.cpp - The pool of threads under compiled models ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One job at a time. Its state is one number: a generation, whether the job is
// open, and how many workers are in it. A worker enters by compare and exchange
// on that number, so it can neither miss that the job has ended nor enter the
// next one by mistake. Only the caller of a job waits, and only for workers
// that are in it: one that wakes up late finds the work done.
//
// Needs nothing of the C++ library, so that a model links it with libc alone.
//
//===----------------------------------------------------------------------===//

#include "qdot/Threads/Threads.h"
#include <atomic>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

namespace {

constexpr uint64_t openBit = uint64_t(1) << 16;
constexpr uint64_t generationStep = openBit << 1;

/// Turns of an active wait: some 20 microseconds.
constexpr int spinTurns = 600;

/// Ranges per thread at most: more even out delays, fewer cost less.
constexpr int64_t maxRanges = 32;

int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void pauseThread() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// The number of threads in QDOT_THREADS, or 0.
int32_t readEnvironment() {
  const char *text = getenv("QDOT_THREADS");
  if (!text || *text < '0' || *text > '9')
    return 0;
  char *end = nullptr;
  long number = strtol(text, &end, 10);
  return *end ? 0 : int32_t(smaller(number, QDOT_MAX_THREADS));
}

/// The processors that this process may use.
int32_t countProcessors() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return int32_t(larger(1, CPU_COUNT(&set)));
#endif
  return int32_t(larger(1, sysconf(_SC_NPROCESSORS_ONLN)));
}

/// What a worker needs to know. Written while no worker is in the job.
struct Job {
  qdot_range_function body;
  void *context;
  int64_t count, grain, threads;
  fenv_t environment;
};

/// What is left of the units that one thread begins with. Each thread has the
/// same part of the units in every layer, so that it finds in its caches what
/// it wrote for the layer before.
struct alignas(64) Segment {
  std::atomic<int64_t> next{0};
  int64_t end = 0;

  /// Takes half of what is left, at least `least`.
  bool take(int64_t least, int64_t &from, int64_t &to) {
    from = next.load(std::memory_order_relaxed);
    while (from < end) {
      int64_t left = end - from, size = larger(least, left / 2);
      to = left - size < least ? end : from + size;
      if (next.compare_exchange_weak(from, to, std::memory_order_relaxed))
        return true;
    }
    return false;
  }
};

class Pool {
public:
  /// False when the pool cannot take the job now.
  bool run(const Job &job);
  /// Ends the workers; every later job is refused.
  void stop();

private:
  bool claim();
  void reset();
  int64_t startWorkers(int64_t wanted);
  void open(int64_t helpers);
  void close();
  void runRanges(int64_t self);
  static void *runWorker(void *segment);
  bool enter(uint64_t &seen);
  void leave();
  bool waitForJob(uint64_t seen);
  bool isNews(uint64_t seen) const {
    return stopping || state / generationStep != seen;
  }

  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) Job job{};
  int64_t helpers = 0; ///< workers that may enter
  /// Actively: there is a processor for every thread.
  std::atomic<bool> mayWait{true};
  std::atomic<bool> isBusy{false};
  std::atomic<bool> stopping{false};
  std::atomic<int32_t> sleepers{0};
  std::atomic<bool> isCallerAsleep{false};
  /// The process that owns the workers; 0: none yet; -1: in transition.
  std::atomic<int32_t> process{0};
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t hasJob = PTHREAD_COND_INITIALIZER;
  pthread_cond_t isDone = PTHREAD_COND_INITIALIZER;
  int64_t numWorkers = 0;
  pthread_t workers[QDOT_MAX_THREADS] = {};
  Segment segments[QDOT_MAX_THREADS] = {};
};

Pool pool;
std::atomic<qdot_parallel_for_function> replacement{nullptr};
/// By qdot_set_threads.
std::atomic<int32_t> chosenThreads{0};
/// -1 until they are looked up.
std::atomic<int32_t> environmentThreads{-1}, processors{-1};

template <typename Function>
int32_t lookUp(std::atomic<int32_t> &known, Function find) {
  int32_t value = known.load(std::memory_order_relaxed);
  if (value < 0) {
    value = find();
    known.store(value, std::memory_order_relaxed);
  }
  return value;
}

/// Prepares the pool in a process that has not used it: the threads of a parent
/// do not exist in its child.
void Pool::reset() {
  mutex = PTHREAD_MUTEX_INITIALIZER;
  hasJob = PTHREAD_COND_INITIALIZER;
  isDone = PTHREAD_COND_INITIALIZER;
  numWorkers = 0;
  state = 0;
  sleepers = 0;
  isCallerAsleep = false;
  isBusy = false;
}

bool Pool::claim() {
  int32_t self = getpid(), owner = process.load(std::memory_order_acquire);
  if (owner != self) {
    if (owner == -1 || !process.compare_exchange_strong(owner, -1))
      return false;
    reset();
    process.store(self, std::memory_order_release);
  }
  return !isBusy.exchange(true, std::memory_order_acquire);
}

/// Starts what is missing of `wanted` workers; returns how many there are.
int64_t Pool::startWorkers(int64_t wanted) {
  if (numWorkers >= wanted)
    return wanted;
  // Signals belong to the program's own threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (numWorkers < wanted &&
         pthread_create(&workers[numWorkers], nullptr, runWorker,
                        &segments[numWorkers + 1]) == 0)
    ++numWorkers;
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  return numWorkers;
}

void Pool::open(int64_t wanted) {
  helpers = wanted;
  for (int64_t at = 0; at < job.threads; ++at) {
    segments[at].next.store(job.count * at / job.threads,
                            std::memory_order_relaxed);
    segments[at].end = job.count * (at + 1) / job.threads;
  }
  state = (state / generationStep + 1) * generationStep + openBit;
  int32_t asleep = sleepers;
  if (!asleep)
    return;
  pthread_mutex_lock(&mutex);
  if (asleep <= helpers)
    pthread_cond_broadcast(&hasJob);
  else
    for (int64_t count = 0; count < helpers; ++count)
      pthread_cond_signal(&hasJob);
  pthread_mutex_unlock(&mutex);
}

/// Nobody enters any more; waits for those who are in the job.
void Pool::close() {
  state.fetch_and(~openBit);
  auto isEmpty = [this] { return state % openBit == 0; };
  for (int turn = mayWait ? spinTurns : 0; turn > 0 && !isEmpty(); --turn)
    pauseThread();
  if (isEmpty())
    return;
  pthread_mutex_lock(&mutex);
  isCallerAsleep = true;
  while (!isEmpty())
    pthread_cond_wait(&isDone, &mutex);
  isCallerAsleep = false;
  pthread_mutex_unlock(&mutex);
}

/// Takes ranges until none is left: first of the own segment, then of others.
void Pool::runRanges(int64_t self) {
  int64_t least = larger(job.grain, job.count / (maxRanges * job.threads));
  for (int64_t at = 0; at < job.threads; ++at) {
    Segment &segment = segments[(self + at) % job.threads];
    int64_t from = 0, to = 0;
    while (segment.take(least, from, to))
      job.body(job.context, from, to);
  }
}

bool Pool::run(const Job &wanted) {
  if (!claim())
    return false;
  int64_t threads = smaller(wanted.threads, wanted.count / wanted.grain);
  threads = 1 + startWorkers(threads - 1);
  if (threads > 1) {
    job = wanted;
    job.threads = threads;
    fegetenv(&job.environment);
    mayWait = threads <= lookUp(processors, countProcessors);
    open(threads - 1);
    runRanges(0);
    close();
  }
  isBusy.store(false, std::memory_order_release);
  return threads > 1;
}

void Pool::stop() {
  if (process != getpid() || isBusy.exchange(true))
    return;
  stopping = true;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&hasJob);
  pthread_mutex_unlock(&mutex);
  for (; numWorkers > 0; --numWorkers)
    pthread_join(workers[numWorkers - 1], nullptr);
}

// --- Workers

/// False when there is nothing to do: the job has ended, or enough are in it.
bool Pool::enter(uint64_t &seen) {
  uint64_t now = state;
  seen = now / generationStep;
  while (now & openBit) {
    if (state.compare_exchange_weak(now, now + 1)) {
      // Only within a job `helpers` does not change.
      if (int64_t(now % openBit) < helpers)
        return true;
      leave();
      return false;
    }
    if (now / generationStep != seen)
      return false;
  }
  return false;
}

void Pool::leave() {
  --state;
  if (!isCallerAsleep)
    return;
  pthread_mutex_lock(&mutex);
  pthread_cond_signal(&isDone);
  pthread_mutex_unlock(&mutex);
}

/// Until there is a job after generation `seen`; false: the pool stops.
bool Pool::waitForJob(uint64_t seen) {
  for (int turn = mayWait ? spinTurns : 0; turn > 0 && !isNews(seen); --turn)
    pauseThread();
  if (!isNews(seen)) {
    pthread_mutex_lock(&mutex);
    ++sleepers;
    while (!isNews(seen))
      pthread_cond_wait(&hasJob, &mutex);
    --sleepers;
    pthread_mutex_unlock(&mutex);
  }
  return !stopping;
}

void *Pool::runWorker(void *segment) {
  int64_t self = static_cast<Segment *>(segment) - pool.segments;
  uint64_t seen = 0;
  while (pool.waitForJob(seen)) {
    if (!pool.enter(seen))
      continue;
    fesetenv(&pool.job.environment);
    pool.runRanges(self);
    pool.leave();
  }
  return nullptr;
}

/// Before the code of the library goes away, by exit or by dlclose.
__attribute__((destructor)) void stopPool() { pool.stop(); }

} // namespace

int32_t qdot_threads_abi_version() { return QDOT_THREADS_ABI_VERSION; }

void qdot_set_threads(int32_t threads) {
  chosenThreads = int32_t(larger(0, smaller(threads, QDOT_MAX_THREADS)));
}

int32_t qdot_get_threads(int32_t threads) {
  if (int32_t chosen = chosenThreads)
    return chosen;
  if (int32_t wish = lookUp(environmentThreads, readEnvironment))
    return wish;
  int32_t limit = lookUp(processors, countProcessors);
  limit = int32_t(smaller(limit, QDOT_MAX_THREADS));
  return threads > 0 ? int32_t(smaller(threads, limit)) : limit;
}

void qdot_set_parallel_for(qdot_parallel_for_function function) {
  replacement = function;
}

void qdot_parallel_for(qdot_range_function body, void *context, int64_t count,
                       int64_t grain, int64_t threads) {
  if (count <= 0)
    return;
  if (qdot_parallel_for_function other = replacement)
    return other(body, context, count, grain, threads);
  int32_t wanted = qdot_get_threads(int32_t(threads));
  if (wanted < 2 || count / grain < 2 ||
      !pool.run({body, context, count, grain, wanted, {}}))
    body(context, 0, count);
}
