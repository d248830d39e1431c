#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// OpenFlow's encoding: big-endian, structures padded to 8 bytes.
namespace kvs::openflow {

// Appends to a buffer that it owns.
class Writer {
 public:
  size_t size() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }
  std::string Take() { return std::exchange(bytes_, {}); }
  void Clear() { bytes_.clear(); }  // keeps the memory
  void Truncate(size_t size) { bytes_.resize(size); }

  void U8(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void U16(uint16_t value) { Integer<2>(value); }
  void U32(uint32_t value) { Integer<4>(value); }
  void U64(uint64_t value) { Integer<8>(value); }
  void Bytes(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  void Bytes(std::string_view data) { bytes_.append(data); }
  void Zeros(size_t count) { bytes_.append(count, '\0'); }
  // Appends zeros until the structure that begins at `start` has a multiple of 8 bytes.
  void Pad(size_t start) { Zeros((8 - (size() - start) % 8) % 8); }
  // Overwrites what was written at offset `at`, typically a length that is known only now.
  void Patch16(size_t at, size_t value) {
    bytes_[at] = static_cast<char>(value >> 8);
    bytes_[at + 1] = static_cast<char>(value);
  }

 private:
  template <int kBytes>
  void Integer(uint64_t value) {
    char out[kBytes];
    for (int i = kBytes - 1; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value);
    bytes_.append(out, kBytes);
  }

  std::string bytes_;
};

// Reads from bytes that it does not own. It never reads past the end: reads there return zeros or
// empty values, and ok() is false from then on. So a decoder can read on and check once.
class Reader {
 public:
  Reader() = default;
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  explicit Reader(std::string_view bytes)
      : bytes_(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) {}

  bool ok() const { return ok_; }
  size_t left() const { return bytes_.size(); }
  bool more() const { return ok_ && !bytes_.empty(); }
  void Fail() { ok_ = false, bytes_ = {}; }

  uint8_t U8() { return static_cast<uint8_t>(Integer<1>()); }
  uint16_t U16() { return static_cast<uint16_t>(Integer<2>()); }
  uint32_t U32() { return static_cast<uint32_t>(Integer<4>()); }
  uint64_t U64() { return Integer<8>(); }
  std::span<const uint8_t> Bytes(size_t size) {
    if (size > bytes_.size()) {
      Fail();
      return {};
    }
    const auto out = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return out;
  }
  std::string Text(size_t size) {
    const auto out = Bytes(size);
    return std::string(out.begin(), out.end());
  }
  void Skip(size_t size) { Bytes(size); }
  // A reader of the next `size` bytes, which this one skips. If there are fewer, both fail.
  Reader Sub(size_t size) {
    Reader out(Bytes(size));
    out.ok_ = ok_;
    return out;
  }
  // Skips the zeros after a structure of `size` bytes that is padded to a multiple of 8.
  void SkipPadding(size_t size) { Skip((8 - size % 8) % 8); }

 private:
  template <int kBytes>
  uint64_t Integer() {
    uint64_t value = 0;
    for (const uint8_t byte : Bytes(kBytes)) value = value << 8 | byte;
    return value;
  }

  std::span<const uint8_t> bytes_;
  bool ok_ = true;
};

}  // namespace kvs::openflow
