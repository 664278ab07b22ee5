//===- InterpreterProgram.h - Scalar code of the interpreter --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The body of a linalg op, or one elementwise op, as a list of instructions on
// numbered registers. A register has `laneCount` lanes; one call of a kernel
// works on a range of lanes, which are neighbouring points of one loop.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_INTERPRETERPROGRAM_H
#define QDOT_LIB_NUMERICS_INTERPRETERPROGRAM_H

#include "InterpreterTensor.h"
#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace qdot::interpreter {

inline constexpr int laneCount = 128;

/// Gives the value of an SSA value that dominates the op at hand.
using Lookup = llvm::function_ref<const RuntimeValue &(mlir::Value)>;

struct Instruction;

/// Registers and surroundings of a running program.
struct Frame {
  std::vector<Scalar> registers;
  /// Tensors that the body captures, in the order of Program::tensors.
  llvm::SmallVector<TensorRef> tensors;
  /// Loop indices of lane 0, and the dimension that lanes step along (or -1).
  llvm::SmallVector<int64_t> indices;
  int laneDimension = -1;
  /// Set by a kernel that cannot go on: the instruction and the reason.
  const Instruction *failed = nullptr;
  std::string failure;

  Scalar *lanes(unsigned reg) { return registers.data() + reg * laneCount; }
  void fail(const Instruction &instruction, const llvm::Twine &cause);
};

/// Works on the lanes [begin, end).
using Kernel = void (*)(const Instruction &, Frame &, int begin, int end);

struct Instruction {
  Kernel kernel = nullptr;
  mlir::Operation *op = nullptr;
  /// Registers.
  llvm::SmallVector<unsigned, 3> operands;
  llvm::SmallVector<unsigned, 2> results;
  /// Bits of the first operand and of the first result.
  unsigned operandWidth = 0;
  unsigned resultWidth = 0;
  /// Comparison predicate, loop dimension, captured tensor: as the kernel says.
  int64_t immediate = 0;
};

/// The kernel of `op` by its name and types; null when there is none. Found in
/// InterpreterFloatKernels.cpp, InterpreterIntegerKernels.cpp and
/// InterpreterQdotKernels.cpp.
Kernel findFloatKernel(mlir::Operation *op);
Kernel findIntegerKernel(mlir::Operation *op);
Kernel findQdotKernel(mlir::Operation *op);

/// Compiled scalar code.
class Program {
public:
  /// Compiles a block without its terminator; block argument i is input i, and
  /// the terminator's operands are the outputs.
  static llvm::Expected<Program> compileBlock(mlir::Block &block);
  /// Compiles one op; its results are the outputs. The inputs are its operands,
  /// or none if it is not elementwise: then the operands are captured.
  static llvm::Expected<Program> compileOperation(mlir::Operation *op);

  /// Registers with constants and captured values set. `lookup` gives the value
  /// of what the block captures.
  Frame createFrame(Lookup lookup) const;

  /// Runs all instructions, or those of `selected`, on lanes [begin, end).
  void run(Frame &frame, int begin, int end) const {
    run(frame, instructions, begin, end);
  }
  static void run(Frame &frame, llvm::ArrayRef<Instruction> selected, int begin,
                  int end);

  /// The error of a frame that failed, or success.
  static llvm::Error takeFailure(const Frame &frame);

  llvm::ArrayRef<Instruction> getInstructions() const { return instructions; }
  llvm::ArrayRef<unsigned> getInputs() const { return inputs; }
  llvm::ArrayRef<unsigned> getOutputs() const { return outputs; }

private:
  llvm::Error add(mlir::Operation *op);
  llvm::Error addConstant(mlir::Operation *op);
  unsigned getRegister(mlir::Value value);
  unsigned createRegister(mlir::Value value);

  std::vector<Instruction> instructions;
  llvm::SmallVector<unsigned> inputs;
  llvm::SmallVector<unsigned> outputs;
  llvm::DenseMap<mlir::Value, unsigned> registers;
  unsigned numRegisters = 0;
  llvm::SmallVector<std::pair<Scalar, unsigned>> constants;
  llvm::SmallVector<std::pair<mlir::Value, unsigned>> captures;
  llvm::SmallVector<mlir::Value> tensors;
};

} // namespace qdot::interpreter

#endif // QDOT_LIB_NUMERICS_INTERPRETERPROGRAM_H
