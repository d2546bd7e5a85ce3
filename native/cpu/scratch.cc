// SPDX-License-Identifier: MIT

#include "cpu/scratch.h"

#include <mutex>
#include <new>
#include <utility>

namespace gridmask::cpu {
namespace {

// The most that is kept while no call uses it. Masks need about 35 KB a thread, at most 80.
constexpr size_t kMostKept = size_t{4} << 20;

struct alignas(kScratchAlignment) Block {
  size_t bytes;
  Block* next;

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  static Block* of(uint8_t* data) { return reinterpret_cast<Block*>(data) - 1; }

  static Block* create(size_t bytes) {
    void* memory = ::operator new(sizeof(Block) + bytes, std::align_val_t{alignof(Block)});
    return new (memory) Block{bytes, nullptr};
  }
  static void destroy(Block* block) { ::operator delete(block, std::align_val_t{alignof(Block)}); }
};

// The blocks that no call uses, the most recent first: it may still be in the processor's caches.
class Idle {
 public:
  // Null if none is large enough.
  Block* take(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Block** link = &first_; *link != nullptr; link = &(*link)->next) {
      if ((*link)->bytes >= bytes) return unlink(link);
    }
    return nullptr;
  }

  void give(Block* block) {
    Block* surplus = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      block->next = first_;
      first_ = block;
      bytes_ += block->bytes;
      while (bytes_ > kMostKept) {
        Block** link = &first_;
        while ((*link)->next != nullptr) link = &(*link)->next;
        Block* const oldest = unlink(link);
        oldest->next = surplus;
        surplus = oldest;
      }
    }
    while (surplus != nullptr) Block::destroy(std::exchange(surplus, surplus->next));
  }

 private:
  Block* unlink(Block** link) {
    Block* const block = *link;
    *link = block->next;
    bytes_ -= block->bytes;
    return block;
  }

  std::mutex mutex_;
  Block* first_ = nullptr;
  size_t bytes_ = 0;
};

// Never destroyed: calls may still be running when the process ends.
Idle& idle() {
  static Idle* instance = new Idle;
  return *instance;
}

}  // namespace

Scratch::Scratch(size_t bytes) : data_(nullptr) {
  if (bytes == 0) return;
  Block* block = idle().take(bytes);
  if (block == nullptr) block = Block::create(bytes);
  data_ = block->data();
}

Scratch::~Scratch() {
  if (data_ != nullptr) idle().give(Block::of(data_));
}

}  // namespace gridmask::cpu
