//===- Npz.cpp - Arrays of an .npz archive --------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ZIP with its 64-bit extension, as PKWARE's APPNOTE 6.3.10 has it: the end
// record (section 4.3.16), the directory (4.3.12), local headers (4.3.7).
//
//===----------------------------------------------------------------------===//

#include "Npz.h"
#include "Files.h"
#include "Support.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"
#include <algorithm>
#include <zlib.h>

using namespace llvm;
using namespace qdot::driver;

bool qdot::driver::inflate(StringRef in, MutableArrayRef<char> out) {
  z_stream stream = {};
  // A negative number of bits: no header of zlib (LLVM's wrapper wants one).
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  // zlib counts in 32 bits, so long streams come in pieces.
  constexpr size_t piece = size_t(1) << 30;
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in.data()));
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  size_t inLeft = in.size(), outLeft = out.size();
  Bytef end; // Where there is no output left, for the end of the stream.
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min(inLeft, piece));
      inLeft -= stream.avail_in;
    }
    if (stream.avail_out == 0 && outLeft > 0) {
      stream.avail_out = static_cast<uInt>(std::min(outLeft, piece));
      outLeft -= stream.avail_out;
    } else if (out.empty()) {
      stream.next_out = &end;
    }
    status = ::inflate(&stream, Z_NO_FLUSH);
  }
  bool isDone = status == Z_STREAM_END && inLeft == 0 && outLeft == 0 &&
                stream.avail_in == 0 && stream.avail_out == 0;
  inflateEnd(&stream);
  return isDone;
}
using support::endian::read16le;
using support::endian::read32le;
using support::endian::read64le;

namespace {

/// One file of an archive.
struct Member {
  StringRef name;
  unsigned method;
  uint32_t checksum;
  uint64_t packedSize, size, headerOffset;
};

class Archive {
public:
  Archive(StringRef bytes, StringRef path) : bytes(bytes), path(path) {}

  Expected<std::vector<Member>> readDirectory();
  /// The bytes of a member as they stand in the archive.
  Expected<StringRef> getPacked(const Member &member) const;

private:
  Error fail(const Twine &what) const {
    return makeError(path + ": malformed .npz archive: " + what);
  }
  /// `size` bytes at `offset`; empty when the archive ends before.
  StringRef get(uint64_t offset, uint64_t size) const {
    if (offset > bytes.size() || size > bytes.size() - offset)
      return {};
    return bytes.substr(offset, size);
  }
  Expected<size_t> findEnd() const;
  Error readEntry(uint64_t &at, std::vector<Member> &members) const;
  static void readWideSizes(StringRef extra, Member &member);

  StringRef bytes, path;
};

} // namespace

static constexpr size_t endSize = 22, entrySize = 46, localSize = 30,
                        wideEndSize = 56, locatorSize = 20;

/// The offset of the end record; a comment of up to 64 KiB may be behind it.
Expected<size_t> Archive::findEnd() const {
  for (size_t comment = 0; comment <= 0xffff; ++comment) {
    if (bytes.size() < endSize + comment)
      break;
    size_t at = bytes.size() - endSize - comment;
    if (read32le(bytes.data() + at) == 0x06054b50 &&
        read16le(bytes.data() + at + 20) == comment)
      return at;
  }
  return makeError(path + ": not an .npz archive");
}

/// Sizes that do not fit 32 bits are in an extra field (section 4.5.3).
void Archive::readWideSizes(StringRef extra, Member &member) {
  while (extra.size() >= 4) {
    size_t size = read16le(extra.data() + 2);
    StringRef field = extra.substr(4, size);
    if (read16le(extra.data()) == 1)
      for (uint64_t *value :
           {&member.size, &member.packedSize, &member.headerOffset})
        if (*value == UINT32_MAX && field.size() >= 8) {
          *value = read64le(field.data());
          field = field.drop_front(8);
        }
    extra = extra.drop_front(std::min(extra.size(), 4 + size));
  }
}

Error Archive::readEntry(uint64_t &at, std::vector<Member> &members) const {
  StringRef entry = get(at, entrySize);
  if (entry.empty() || read32le(entry.data()) != 0x02014b50)
    return fail("expected an entry of the directory at offset " + Twine(at));
  Member member;
  member.method = read16le(entry.data() + 10);
  member.checksum = read32le(entry.data() + 16);
  member.packedSize = read32le(entry.data() + 20);
  member.size = read32le(entry.data() + 24);
  member.headerOffset = read32le(entry.data() + 42);
  uint64_t nameSize = read16le(entry.data() + 28),
           extraSize = read16le(entry.data() + 30),
           commentSize = read16le(entry.data() + 32);
  member.name = get(at + entrySize, nameSize);
  if (member.name.empty())
    return fail("expected a name at offset " + Twine(at + entrySize));
  readWideSizes(get(at + entrySize + nameSize, extraSize), member);
  if (read16le(entry.data() + 8) & 1)
    return fail("'" + member.name + "' is encrypted");
  at += entrySize + nameSize + extraSize + commentSize;
  members.push_back(member);
  return Error::success();
}

Expected<std::vector<Member>> Archive::readDirectory() {
  Expected<size_t> end = findEnd();
  if (!end)
    return end.takeError();
  uint64_t count = read16le(bytes.data() + *end + 10),
           at = read32le(bytes.data() + *end + 16);
  StringRef locator =
      *end < locatorSize ? StringRef() : get(*end - locatorSize, locatorSize);
  if (!locator.empty() && read32le(locator.data()) == 0x07064b50) {
    StringRef wide = get(read64le(locator.data() + 8), wideEndSize);
    if (wide.empty() || read32le(wide.data()) != 0x06064b50)
      return fail("expected the 64-bit end record");
    count = read64le(wide.data() + 32);
    at = read64le(wide.data() + 48);
  }
  if (count > bytes.size() / entrySize)
    return fail("a directory of " + Twine(count) + " entries does not fit");
  std::vector<Member> members;
  StringSet<> names;
  for (uint64_t i = 0; i != count; ++i) {
    if (Error error = readEntry(at, members))
      return {std::move(error)};
    if (!names.insert(members.back().name).second)
      return fail("'" + members.back().name + "' occurs twice");
  }
  return members;
}

Expected<StringRef> Archive::getPacked(const Member &member) const {
  StringRef header = get(member.headerOffset, localSize);
  if (header.empty() || read32le(header.data()) != 0x04034b50)
    return fail("expected the header of '" + member.name + "' at offset " +
                Twine(member.headerOffset));
  uint64_t offset = member.headerOffset + localSize +
                    read16le(header.data() + 26) + read16le(header.data() + 28);
  StringRef packed = get(offset, member.packedSize);
  if (packed.size() != member.packedSize)
    return fail("'" + member.name + "' is truncated");
  return packed;
}

/// The .npy file of a member, in the mapped archive or in memory.
static Expected<std::unique_ptr<MemoryBuffer>> unpack(StringRef path,
                                                      const Member &member,
                                                      StringRef packed,
                                                      StringRef archive) {
  std::string name = (path + ":" + member.name).str();
  if (member.method == 0 && member.size == member.packedSize) {
    // A mapping of its own, so that it lives as long as the array.
    auto slice = MemoryBuffer::getFileSlice(path, member.size,
                                            packed.data() - archive.data());
    if (!slice)
      return makeError("cannot read '" + path +
                       "': " + slice.getError().message());
    return std::move(*slice);
  }
  if (member.method != 8)
    return makeError(name + ": compression method " + Twine(member.method) +
                     " is not supported");
  // No stream is longer than 1032 times its packed size.
  if (member.size / 1032 > packed.size() + 1)
    return makeError(name + ": " + Twine(packed.size()) +
                     " bytes cannot unpack to " + Twine(member.size));
  auto buffer = WritableMemoryBuffer::getNewUninitMemBuffer(member.size, name);
  if (!buffer || !inflate(packed, buffer->getBuffer()))
    return makeError(name + ": malformed compressed data");
  return buffer;
}

static Expected<NpyFile> readMember(StringRef path, const Archive &archive,
                                    const Member &member, StringRef bytes) {
  Expected<StringRef> packed = archive.getPacked(member);
  if (!packed)
    return packed.takeError();
  auto buffer = unpack(path, member, *packed, bytes);
  if (!buffer)
    return buffer.takeError();
  if (crc32(arrayRefFromStringRef((*buffer)->getBuffer())) != member.checksum)
    return makeError(path + ":" + member.name + ": the checksum is wrong");
  return NpyFile::parse(std::move(*buffer));
}

Expected<std::vector<NpyFile>> qdot::driver::readNpz(StringRef path,
                                                     StringRef name) {
  if (Error error = checkInputPath(path))
    return std::move(error);
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  Archive archive((*file)->getBuffer(), path);
  auto members = archive.readDirectory();
  if (!members)
    return members.takeError();
  std::vector<NpyFile> arrays;
  for (const Member &member : *members) {
    StringRef arrayName = member.name;
    if (!arrayName.consume_back(".npy") || (!name.empty() && arrayName != name))
      continue;
    auto array = readMember(path, archive, member, (*file)->getBuffer());
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
  }
  if (arrays.empty())
    return makeError(path + ": there is no array" +
                     (name.empty() ? "" : " '" + name + "'"));
  return arrays;
}
