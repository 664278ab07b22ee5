//===- worker_qdot.cpp - Runs what `qdot compile` made --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// load ID LIBRARY INPUT INPUT_BYTES OUTPUT_BYTES: the entry qdot_main of a
// shared library, one input and one output; INPUT holds one or more samples.
//
//===----------------------------------------------------------------------===//

#include "worker.h"
#include <dlfcn.h>

using namespace bench;

using Entry = int32_t (*)(const void *input, void *output);

static Entry loadEntry(const std::string &path) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error(dlerror());
  void *symbol = dlsym(library, "qdot_main");
  if (!symbol)
    throw std::runtime_error(dlerror());
  return reinterpret_cast<Entry>(symbol);
}

static Task load(std::istream &arguments) {
  std::string library, path;
  size_t inputBytes = 0, outputBytes = 0;
  arguments >> library >> path >> inputBytes >> outputBytes;
  Entry entry = loadEntry(library);
  Buffer input = readFile(path), output(outputBytes);
  if (!inputBytes || input.size() % inputBytes)
    throw std::runtime_error("expected samples of " +
                             std::to_string(inputBytes) + " bytes in " + path);
  Task task;
  task.execute = [=] {
    if (entry(input.as<char>(), output.as<char>()))
      throw std::runtime_error("qdot_main failed");
  };
  task.save = [=](const std::string &file) {
    std::string all;
    for (size_t at = 0; at < input.size(); at += inputBytes) {
      // Outputs may be read as they were left: a wrong kernel must show.
      std::memset(output.as<char>(), 0x7F, outputBytes);
      Buffer sample(inputBytes);
      std::memcpy(sample.as<char>(), input.as<char>(at), inputBytes);
      if (entry(sample.as<char>(), output.as<char>()))
        throw std::runtime_error("qdot_main failed");
      all.append(output.as<char>(), outputBytes);
    }
    writeFile(file, all.data(), all.size());
  };
  return task;
}

int main() { return serve(load); }
