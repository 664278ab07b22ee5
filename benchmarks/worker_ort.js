//===- worker_ort.js - Models in ONNX Runtime -----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// load ID MODEL.onnx INPUT [u8u8]: a model of onnx_models.py, a loop around
// what is measured; INPUT holds one or more samples. u8u8: the kernels that are
// exact without VNNI. Commands as in worker.h. Needs onnxruntime-node in
// NODE_PATH.
//
// Time is the difference of a run of 1 + n trips and a run of 1 trip, over n,
// so that node's own cost does not count. The loop's cost is the result of the
// model `overhead`, which benchmark.py subtracts.
//
'use strict';
const fs = require('fs');
const readline = require('readline');
const ort = require('onnxruntime-node');

const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array, int32: Int32Array };
const LOOP_INPUTS = ['trips', 'cond', 'y0'];
const LONG_RUN = 0.004;       // seconds that the run of many trips takes
const tasks = new Map();

// CPU time of the process in seconds, or the wall clock.
const now = process.env.BENCHMARK_CLOCK === 'wall'
  ? () => performance.now() * 1e-3
  : () => { const used = process.cpuUsage(); return (used.user + used.system) * 1e-6; };

// The samples of a file as tensors of the model's input.
function readSamples(path, { type, shape }) {
  const bytes = fs.readFileSync(path);
  const values = new ARRAYS[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const size = shape.reduce((a, b) => a * b, 1);
  if (values.length % size) throw new Error(`expected samples of ${size} values in ${path}`);
  return Array.from({ length: values.length / size }, (_, i) =>
    new ort.Tensor(type, values.slice(i * size, (i + 1) * size), shape));
}

async function load(id, model, path, kernels) {
  const threads = Number(process.env.OMP_NUM_THREADS || 1);
  const options = { graphOptimizationLevel: 'all', intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 };
  if (kernels === 'u8u8') options.extra = { session: { x64quantprecision: '1' } };
  const session = await ort.InferenceSession.create(model, options);
  const input = session.inputMetadata.find(({ name }) => !LOOP_INPUTS.includes(name));
  const { type } = session.outputMetadata[0];
  tasks.set(id, { session, name: input.name, samples: readSamples(path, input), y0: new ort.Tensor(type, new ARRAYS[type](1), [1]),
    trips: 0, short: [], long: [] });
}

async function run(task, trips, sample = task.samples[0]) {
  const feeds = { trips: new ort.Tensor('int64', BigInt64Array.of(BigInt(trips)), []),
    cond: new ort.Tensor('bool', [true], []), y0: task.y0, [task.name]: sample };
  const start = now();
  const { Y } = await task.session.run(feeds);
  return { seconds: now() - start, data: Y.data };
}

async function save(task, path) {
  const parts = [];
  for (const sample of task.samples) {
    const { data } = await run(task, 1, sample);
    parts.push(Buffer.from(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)));
  }
  fs.writeFileSync(path, Buffer.concat(parts));
}

async function takeTurn(task, seconds) {
  await run(task, 1);         // brings code and weights back into the caches
  if (!task.trips)
    for (task.trips = 1; (await run(task, task.trips)).seconds < LONG_RUN;) task.trips *= 2;
  for (const end = now() + seconds;;) {
    task.short.push((await run(task, 1)).seconds);
    task.long.push((await run(task, 1 + task.trips)).seconds);
    if (now() >= end) return;
  }
}

function result({ trips, short, long }) {
  if (!long.length) throw new Error('nothing was measured');
  for (const times of [short, long]) times.sort((a, b) => a - b);
  const [best, median] = [0, short.length >> 1].map((i) => (long[i] - short[i]) / trips);
  return `${Math.min(best, median)} ${median}`;   // a noisy short run must not make the best the worse
}

async function answer(line) {
  const [command, id, ...words] = line.split(' ');
  if (command === 'load') return load(id, ...words);
  const task = tasks.get(id);
  if (!task) throw new Error(`unknown task ${id}`);
  if (command === 'run') return save(task, words[0]);
  if (command === 'time') return takeTurn(task, Number(words[0]) * 1e-3);
  if (command === 'result') return result(task);
  if (command === 'drop') { await task.session.release(); tasks.delete(id); return ''; }
  throw new Error(`unknown command ${command}`);
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const reply = await answer(line).then((text) => `ok ${text ?? ''}`, (error) => `error ${error.message.replace(/\n/g, ' ')}`);
    process.stdout.write(`${reply}\n`);
  }
}

main();
