//===- worker_onednn.cpp - matmul and convolution of oneDNN 2 -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// load ID TYPE LAYOUT gemm M N K X W BIAS SCALE
// load ID TYPE LAYOUT conv H W C O R STRIDE PAD X W BIAS SCALE
//
// TYPE is that of the result: u8 or s32 (u8 activations, s8 weights), or f32
// (the same numbers, computed in f32). LAYOUT: `plain` keeps activations in
// row-major or NHWC order, `any` lets oneDNN choose (convolutions). Weights
// are reordered before anything is measured. O = 0 is depthwise.
//
//===----------------------------------------------------------------------===//

#include "worker.h"
#include <oneapi/dnnl/dnnl.hpp>

#if DNNL_VERSION_MAJOR != 2
#error "written for oneDNN 2 (Debian 12 has 2.6.3)"
#endif

using namespace bench;
using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;

namespace {

dnnl::engine &engine() {
  static dnnl::engine e(dnnl::engine::kind::cpu, 0);
  return e;
}

dnnl::stream &stream() {
  static dnnl::stream s(engine());
  return s;
}

/// Numbers of a file, as they are or as f32.
memory makeMemory(const memory::desc &desc, const std::string &path,
                  Type from) {
  Buffer raw = readFile(path);
  memory result(desc, engine());
  if (desc.data_type() != Type::f32 || from == Type::f32) {
    if (raw.size() != desc.get_size())
      throw std::runtime_error("wrong size: " + path);
    std::memcpy(result.get_data_handle(), raw.as<char>(), raw.size());
    return result;
  }
  auto *to = static_cast<float *>(result.get_data_handle());
  size_t width = from == Type::s32 ? 4 : 1;
  for (size_t i = 0; i < raw.size() / width; ++i)
    to[i] = from == Type::u8   ? raw.as<uint8_t>()[i]
            : from == Type::s8 ? raw.as<int8_t>()[i]
                               : float(raw.as<int32_t>()[i]);
  return result;
}

memory reordered(memory from, const memory::desc &desc) {
  if (from.get_desc() == desc)
    return from;
  memory to(desc, engine());
  dnnl::reorder(from, to).execute(stream(), from, to);
  stream().wait();
  return to;
}

/// The order of dimensions in the files, and in oneDNN.
struct Shapes {
  memory::dims x, w, bias, y;
  Tag xTag, wTag, biasTag;
};

struct Files {
  std::string x, w, bias, scale;
};

std::istream &operator>>(std::istream &in, Files &f) {
  return in >> f.x >> f.w >> f.bias >> f.scale;
}

struct Types {
  Type x, w, bias, y;
};

Types typesFor(const std::string &name) {
  if (name == "f32")
    return {Type::f32, Type::f32, Type::f32, Type::f32};
  return {Type::u8, Type::s8, Type::s32, name == "u8" ? Type::u8 : Type::s32};
}

/// u8 results are scaled per channel; 128, their zero point, is in the bias.
dnnl::primitive_attr attributesFor(const Types &types,
                                   const std::string &path) {
  dnnl::primitive_attr attributes;
  if (types.y != Type::u8)
    return attributes;
  Buffer raw = readFile(path);
  const float *first = raw.as<float>();
  attributes.set_output_scales(1 << 1, {first, first + raw.size() / 4});
  return attributes;
}

/// The bias that makes 128 the zero point of a u8 result.
void addZeroPoint(memory &bias, const std::string &scalePath) {
  Buffer scale = readFile(scalePath);
  auto *values = static_cast<int32_t *>(bias.get_data_handle());
  for (size_t i = 0; i < scale.size() / 4; ++i)
    values[i] += int32_t(128 / scale.as<float>()[i] + 0.5f);
}

template <typename Primitive>
Task makeTask(const typename Primitive::primitive_desc &desc,
              const Shapes &shapes, const Types &types, const Files &files) {
  memory x = makeMemory({shapes.x, types.x, shapes.xTag}, files.x, Type::u8);
  memory w = makeMemory({shapes.w, types.w, shapes.wTag}, files.w, Type::s8);
  memory bias = makeMemory({shapes.bias, types.bias, shapes.biasTag},
                           files.bias, Type::s32);
  if (types.y == Type::u8)
    addZeroPoint(bias, files.scale);
  memory y(desc.dst_desc(), engine());
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, reordered(x, desc.src_desc())},
      {DNNL_ARG_WEIGHTS, reordered(w, desc.weights_desc())},
      {DNNL_ARG_BIAS, bias},
      {DNNL_ARG_DST, y}};
  Task task;
  Primitive primitive(desc);
  task.execute = [=] {
    primitive.execute(stream(), arguments);
    stream().wait();
  };
  task.save = [=](const std::string &path) {
    task.execute();
    memory plain = reordered(y, {shapes.y, types.y, shapes.xTag});
    writeFile(path, plain.get_data_handle(), plain.get_desc().get_size());
  };
  return task;
}

Task loadGemm(std::istream &arguments, const Types &types) {
  memory::dim m = 0, n = 0, k = 0;
  Files files;
  arguments >> m >> n >> k >> files;
  Shapes shapes{{m, k}, {k, n}, {1, n}, {m, n}, Tag::ab, Tag::ab, Tag::ab};
  dnnl::matmul::desc desc(
      {shapes.x, types.x, Tag::ab}, {shapes.w, types.w, Tag::any},
      {shapes.bias, types.bias, Tag::ab}, {shapes.y, types.y, Tag::ab});
  return makeTask<dnnl::matmul>(
      {desc, attributesFor(types, files.scale), engine()}, shapes, types,
      files);
}

Task loadConv(std::istream &arguments, const Types &types, bool isAny) {
  memory::dim h = 0, w = 0, c = 0, o = 0, r = 0, stride = 0, pad = 0;
  Files files;
  arguments >> h >> w >> c >> o >> r >> stride >> pad >> files;
  memory::dim channels = o ? o : c, oh = (h + 2 * pad - r) / stride + 1,
              ow = (w + 2 * pad - r) / stride + 1;
  Shapes shapes{
      {1, c, h, w}, o ? memory::dims{o, c, r, r} : memory::dims{c, 1, 1, r, r},
      {channels},   {1, channels, oh, ow},
      Tag::nhwc,    o ? Tag::hwio : Tag::hwigo,
      Tag::a};
  Tag activations = isAny ? Tag::any : Tag::nhwc;
  dnnl::convolution_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      {shapes.x, types.x, activations}, {shapes.w, types.w, Tag::any},
      {shapes.bias, types.bias, Tag::a}, {shapes.y, types.y, activations},
      {stride, stride}, {pad, pad}, {pad, pad});
  return makeTask<dnnl::convolution_forward>(
      {desc, attributesFor(types, files.scale), engine()}, shapes, types,
      files);
}

Task load(std::istream &arguments) {
  std::string type, layout, kind;
  arguments >> type >> layout >> kind;
  return kind == "gemm" ? loadGemm(arguments, typesFor(type))
                        : loadConv(arguments, typesFor(type), layout == "any");
}

} // namespace

int main() { return serve(load); }
