// SPDX-License-Identifier: MIT
//
// The library also acts as a profiler that NVTX loads: it notes the ranges that are pushed.
// Declarations as in NVIDIA's nvtx3/nvtxDetail/nvtxTypes.h.

#include <cstdint>
#include <string>

#include "calls.h"

using namespace testdriver;

namespace {

using FunctionTable = void (***)();

struct ExportTableCallbacks {
  size_t structSize;
  int (*getModuleFunctionTable)(int module, FunctionTable* table, unsigned* size);
};

int rangePush(const char* message) {
  const Lock lock(world().mutex);
  world().ranges.push_back(message);
  return 0;
}

int rangePop() {
  const Lock lock(world().mutex);
  world().ranges.push_back("");
  return 0;
}

}  // namespace

EXPORT int InitializeInjectionNvtx2(const void* (*getExportTable)(uint32_t)) {
  const auto* callbacks = static_cast<const ExportTableCallbacks*>(getExportTable(1));
  if (callbacks == nullptr || callbacks->structSize < sizeof *callbacks) return 0;
  FunctionTable table = nullptr;
  unsigned size = 0;
  // The CUDA functions, which name devices, are not there; the core has 15.
  if (callbacks->getModuleFunctionTable(2, &table, &size) != 0 ||
      callbacks->getModuleFunctionTable(1, &table, &size) == 0 || size != 16) {
    return 0;
  }
  *table[9] = reinterpret_cast<void (*)()>(rangePush);
  *table[11] = reinterpret_cast<void (*)()>(rangePop);
  return 1;
}
