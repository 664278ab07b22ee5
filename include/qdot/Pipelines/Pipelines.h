//===- Pipelines.h - Order of the passes, per phase -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PIPELINES_PIPELINES_H
#define QDOT_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace qdot {

/// Options of the lowering to the LLVM dialect.
struct LoweringOptions
    : public mlir::PassPipelineOptions<LoweringOptions> {
  Option<std::string> prefix{
      *this, "prefix",
      llvm::cl::desc("Entry points are called <prefix>_<function>"),
      llvm::cl::init("qdot")};
  Option<std::string> entry{
      *this, "entry",
      llvm::cl::desc("Only this function becomes an entry point (default: "
                     "every public one)"),
      llvm::cl::init("")};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("Target of the kernel generator (x86-avx2, x86-avxvnni, "
                     "x86-avxvnniint8, x86-avx512vnni, aarch64-dotprod, "
                     "aarch64-i8mm, aarch64-sve); generic makes portable loops"),
      llvm::cl::init("generic")};
  Option<bool> hasRoundInstruction{
      *this, "has-round-instruction",
      llvm::cl::desc("The target rounds to nearest even in one instruction; "
                     "otherwise arithmetic that gives the same bits is used"),
      llvm::cl::init(false)};
  Option<bool> planMemory{
      *this, "plan-memory",
      llvm::cl::desc("Place buffers in one arena at compile time, which the "
                     "caller may bring; otherwise each is allocated when the "
                     "model runs"),
      llvm::cl::init(true)};
  Option<int64_t> maxStack{
      *this, "max-stack",
      llvm::cl::desc("Bytes up to which an arena that the caller does not "
                     "bring lies on the stack"),
      llvm::cl::init(65536)};
  Option<int64_t> threads{
      *this, "threads",
      llvm::cl::desc("Threads that share a large operation, by calls of "
                     "qdot_parallel_for; 0: as many as there are when it runs; "
                     "1: code without threads"),
      llvm::cl::init(1)};
  Option<int64_t> minWork{
      *this, "min-work",
      llvm::cl::desc("Products or scalar operations that a thread takes at "
                     "least; 0: what pays"),
      llvm::cl::init(0)};
};

/// Options of quantization, from a prepared float model to integer code.
struct QuantizationOptions
    : public mlir::PassPipelineOptions<QuantizationOptions> {
  Option<std::string> stats{
      *this, "stats",
      llvm::cl::desc("Statistics file; without one the model must hold its "
                     "scales (QDQ or fake-quant input)"),
      llvm::cl::init("")};
  ListOption<std::string> range{
      *this, "range",
      llvm::cl::desc("How ranges are chosen: METHOD, or REGEX=METHOD for values "
                     "whose site path matches (minmax)")};
  Option<std::string> keepFloat{
      *this, "keep-float",
      llvm::cl::desc("Regular expression on site paths of layers that stay in "
                     "float"),
      llvm::cl::init("")};
  ListOption<std::string> activationBits{
      *this, "activation-bits",
      llvm::cl::desc("Bits of activations: 4, 7, 8 (default), 16 or auto for "
                     "all values, or REGEX= and one of these for values whose "
                     "site path matches")};
  ListOption<std::string> activationScheme{
      *this, "activation-scheme",
      llvm::cl::desc("asymmetric (default), symmetric or unsigned; narrow or "
                     "full (default); power-of-two")};
  ListOption<std::string> weightRange{
      *this, "weight-range",
      llvm::cl::desc("Range method of weights, or REGEX=METHOD for layers "
                     "(minmax, or auto when range is)")};
  ListOption<std::string> weightBits{
      *this, "weight-bits",
      llvm::cl::desc("Bits of weights: 4 or 8 (default), or REGEX= and one of "
                     "these for layers whose site path matches")};
  ListOption<std::string> weightGranularity{
      *this, "weight-granularity",
      llvm::cl::desc("Which weights share a scale: tensor, channel (default) or "
                     "block:SIZE, or REGEX= and one of these for layers")};
  ListOption<std::string> weightScheme{
      *this, "weight-scheme",
      llvm::cl::desc("narrow (default) or full; power-of-two")};
  Option<std::string> preset{
      *this, "preset",
      llvm::cl::desc("Formulas of another tool: tflite, onnxruntime, tensorrt "
                     "or pytorch"),
      llvm::cl::init("")};
  Option<bool> correctBiases{
      *this, "correct-biases",
      llvm::cl::desc("Take back what rounded weights add to the mean of layers"),
      llvm::cl::init(false)};
  Option<std::string> numerics{
      *this, "numerics",
      llvm::cl::desc("Requantization: tosa-single, tosa-double or f32"),
      llvm::cl::init("tosa-single")};
  Option<std::string> allow{
      *this, "allow",
      llvm::cl::desc("Reasons for which an operation may stay in float between "
                     "quantized values (comma separated, all or none)"),
      llvm::cl::init("softmax,normalization,keep-float")};
  Option<bool> quantizeSignature{
      *this, "quantize-signature",
      llvm::cl::desc("Arguments and results become integers"),
      llvm::cl::init(false)};
};

/// Builtin module to linalg on tensors: converts TOSA and quant.qcast/dcast
/// where they occur, inlines calls, canonicalizes.
void buildImportPipeline(mlir::OpPassManager &pm);

/// Imported linalg to the normal form in which a model is observed and
/// annotated: constants, biases and normalizations folded.
void buildPreparePipeline(mlir::OpPassManager &pm);

/// Normal form to the same with `qdot.observe` at every quantizable value; a
/// value that was only moved shares that of its source.
void buildObservePipeline(mlir::OpPassManager &pm);

/// Normal form to annotated form. Does nothing without statistics.
void buildAnnotatePipeline(mlir::OpPassManager &pm,
                           const QuantizationOptions &options);

/// Annotated form to integer code, verified.
void buildIntegerizePipeline(mlir::OpPassManager &pm,
                             const QuantizationOptions &options);

/// All of the above but observation: any input form to integer code.
void buildQuantizePipeline(mlir::OpPassManager &pm,
                           const QuantizationOptions &options);

/// Linalg on tensors (float or integer, with scalar qdot ops) to the LLVM
/// dialect, portable: entry points, globals, bufferization without leaks,
/// loops. `qdot.observe` becomes calls of the runtime.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pm,
                              const LoweringOptions &options);

/// Options of `qdot-compile`: those of both halves.
struct CompilePipelineOptions : public mlir::PassPipelineOptions<CompilePipelineOptions>,
                        public QuantizationOptions,
                        public LoweringOptions {
  using mlir::PassPipelineOptions<CompilePipelineOptions>::createFromString;
};

/// Everything: any input form, quantized, to the LLVM dialect.
void buildCompilePipeline(mlir::OpPassManager &pm,
                          const CompilePipelineOptions &options);

/// Registers every pipeline by name, for builtin.module: `qdot-import`,
/// `qdot-prepare`, `qdot-observe`, `qdot-annotate`, `qdot-integerize`,
/// `qdot-quantize` (all of these but observation), `qdot-lower-to-llvm`, and
/// `qdot-compile` (the last two).
void registerPipelines();

} // namespace qdot

#endif // QDOT_PIPELINES_PIPELINES_H
