//===- worker.h - What the C++ workers of the benchmark share ----*- C++
//-*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A worker is a process that holds one implementation. It reads commands, one
// per line, and answers each with one line, `ok ...` or `error ...`:
//
//   load ID ARGUMENTS...  makes a task; the arguments depend on the worker
//   run ID FILE           runs it once on all samples, writes the raw results
//   time ID MS            runs it again and again for about MS milliseconds
//   result ID             seconds per run so far: best, then median
//   drop ID               forgets it
//
// benchmark.py gives the turns, so that ours and the rivals alternate.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_BENCHMARKS_WORKER_H
#define QDOT_BENCHMARKS_WORKER_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Seconds. CPU time of this thread, so that other programs on the machine do
/// not count; the wall clock if BENCHMARK_CLOCK is `wall` (several threads).
inline double now() {
  static const char *name = std::getenv("BENCHMARK_CLOCK");
  static const bool isWall = name && !std::strcmp(name, "wall");
  timespec t;
  clock_gettime(isWall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/// Bytes at a multiple of 64, with one cache line of slack.
class Buffer {
public:
  explicit Buffer(size_t size)
      : length(size),
        bytes(static_cast<char *>(std::aligned_alloc(64, size / 64 * 64 + 128)),
              std::free) {
    std::memset(bytes.get(), 0, size);
  }
  template <typename T>
  T *as(size_t offset = 0) const {
    return reinterpret_cast<T *>(bytes.get() + offset);
  }
  size_t size() const { return length; }

private:
  size_t length;
  std::shared_ptr<char> bytes;
};

/// The content of a file; throws if it cannot be read.
inline Buffer readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error("cannot read " + path);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  Buffer buffer(text.size());
  std::memcpy(buffer.as<char>(), text.data(), text.size());
  return buffer;
}

inline void writeFile(const std::string &path, const void *data, size_t size) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char *>(data), size);
  if (!file.flush())
    throw std::runtime_error("cannot write " + path);
}

/// One thing to measure.
struct Task {
  /// One run, on the first sample.
  std::function<void()> execute;
  /// Runs on all samples and writes the raw results.
  std::function<void(const std::string &path)> save;

  /// Runs per sample of time, so that reading the clock does not count.
  long repeats = 0;
  std::vector<double> samples;
};

/// Time that one sample takes at least, in seconds.
constexpr double sampleTime = 0.0005;

/// A run that takes longer needs no warm-up.
constexpr double longRun = 0.02;

inline double timeRuns(const Task &task, long runs) {
  double start = now();
  for (long i = 0; i < runs; ++i)
    task.execute();
  return (now() - start) / runs;
}

/// One turn of about `seconds`, at least one sample. The first run brings code
/// and data into the caches and counts only if it is long.
inline void takeTurn(Task &task, double seconds) {
  double end = now() + seconds, once = timeRuns(task, 1);
  bool isLong = once > longRun;
  if (isLong)
    task.samples.push_back(once);
  if (!task.repeats)
    task.repeats = once > sampleTime
                       ? 1
                       : std::max(1l, long(sampleTime / timeRuns(task, 3)));
  for (bool isDone = isLong; !isDone || now() < end; isDone = true)
    task.samples.push_back(timeRuns(task, task.repeats));
}

/// "best median" of all samples.
inline std::string summary(std::vector<double> samples) {
  if (samples.empty())
    throw std::runtime_error("nothing was measured");
  std::sort(samples.begin(), samples.end());
  std::ostringstream out;
  out.precision(9);
  out << samples.front() << ' ' << samples[samples.size() / 2];
  return out.str();
}

/// Makes a task from the arguments of `load`; throws what went wrong.
using Loader = std::function<Task(std::istream &arguments)>;

inline std::string answer(const std::string &line, const Loader &load,
                          std::map<std::string, Task> &tasks) {
  std::istringstream words(line);
  std::string command, id;
  words >> command >> id;
  if (command == "load") {
    tasks[id] = load(words);
    return "";
  }
  Task &task = tasks.at(id);
  if (command == "run") {
    std::string path;
    words >> path;
    task.save(path);
  } else if (command == "time") {
    double milliseconds = 0;
    words >> milliseconds;
    takeTurn(task, milliseconds * 1e-3);
  } else if (command == "result") {
    return summary(task.samples);
  } else if (command == "drop") {
    tasks.erase(id);
  } else {
    throw std::runtime_error("unknown command " + command);
  }
  return "";
}

/// Serves commands until the input ends.
inline int serve(const Loader &load) {
  std::map<std::string, Task> tasks;
  for (std::string line; std::getline(std::cin, line);) {
    std::string reply;
    try {
      reply = "ok " + answer(line, load, tasks);
    } catch (const std::exception &error) {
      reply = std::string("error ") + error.what();
      std::replace(reply.begin(), reply.end(), '\n', ' ');
    }
    std::cout << reply << std::endl;
  }
  return 0;
}

} // namespace bench

#endif // QDOT_BENCHMARKS_WORKER_H
