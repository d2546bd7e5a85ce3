// SPDX-License-Identifier: MIT
//
// A profiler names a library in the environment variable NVTX_INJECTION64_PATH. A program that
// wants to be profiled loads it and passes its function InitializeInjectionNvtx2 another function,
// through which the library asks for tables of pointers to NVTX functions; it sets those that it
// has. Names and numbers are those of NVTX's header nvtxTypes.h.

#include "cuda/nvtx.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "cuda/driver.h"
#include "cuda/library.h"

namespace gridmask::cuda {
namespace {

using Function = void (*)();
using RangePush = int(GRIDMASK_CUDA_ABI*)(const char* message);
using RangePop = int(GRIDMASK_CUDA_ABI*)();

// NvtxExportTableID
constexpr uint32_t kCallbacks = 1;
constexpr uint32_t kVersionInfo = 3;
// NvtxCallbackModule: the first functions, and those of domains, of which none is used here.
constexpr int kCore = 1;
constexpr int kCore2 = 5;
// NvtxCallbackIdCore
constexpr size_t kRangePush = 9;
constexpr size_t kRangePop = 11;
constexpr size_t kFunctions = 16;  // of either module, from 1 on

// The functions of a module, and pointers to them with a null at the end.
struct Module {
  Function functions[kFunctions] = {};
  Function* table[kFunctions + 1] = {};

  Module() {
    for (size_t i = 1; i < kFunctions; ++i) table[i] = &functions[i];
  }
};

struct Nvtx {
  Module core, core2;
  RangePush push = nullptr;
  RangePop pop = nullptr;
};

// Never destroyed: the profiler has pointers into it.
Nvtx& instance() {
  static Nvtx* nvtx = new Nvtx;
  return *nvtx;
}

int GRIDMASK_CUDA_ABI functionTable(int module, Function*** table, unsigned* size) {
  Module* known = module == kCore    ? &instance().core
                  : module == kCore2 ? &instance().core2
                                     : nullptr;
  if (known == nullptr) return 0;
  if (table != nullptr) *table = known->table;
  if (size != nullptr) *size = static_cast<unsigned>(kFunctions);
  return 1;
}

void GRIDMASK_CUDA_ABI setVersion(uint32_t) {}

const void* GRIDMASK_CUDA_ABI exportTable(uint32_t id) {
  static const struct {
    size_t bytes;
    int(GRIDMASK_CUDA_ABI* functionTable)(int, Function***, unsigned*);
  } callbacks = {sizeof callbacks, functionTable};
  static const struct {
    size_t bytes;
    uint32_t version;
    uint32_t reserved;
    void(GRIDMASK_CUDA_ABI* setVersion)(uint32_t);
  } versionInfo = {sizeof versionInfo, 3, 0, setVersion};
  return id == kCallbacks     ? static_cast<const void*>(&callbacks)
         : id == kVersionInfo ? static_cast<const void*>(&versionInfo)
                              : nullptr;
}

// Looks for a profiler, once.
const Nvtx& nvtx() {
  static const bool attached = [] {
    const char* path = std::getenv("NVTX_INJECTION64_PATH");
    if (path == nullptr || *path == '\0') return false;
    std::string problem;
    void* library = openLibrary(path, false, problem);
    if (library == nullptr) return false;
    using Initialize = int(GRIDMASK_CUDA_ABI*)(const void*(GRIDMASK_CUDA_ABI*)(uint32_t));
    const auto initialize =
        reinterpret_cast<Initialize>(symbolIn(library, "InitializeInjectionNvtx2"));
    if (initialize == nullptr || initialize(exportTable) == 0) {
      closeLibrary(library);
      return false;
    }
    Nvtx& found = instance();
    found.push = reinterpret_cast<RangePush>(found.core.functions[kRangePush]);
    found.pop = reinterpret_cast<RangePop>(found.core.functions[kRangePop]);
    return true;
  }();
  (void)attached;
  return instance();
}

}  // namespace

Range::Range(const char* name) : pushed_(nvtx().push != nullptr && nvtx().pop != nullptr) {
  if (pushed_) (void)nvtx().push(name);
}

Range::~Range() {
  if (pushed_) (void)nvtx().pop();
}

}  // namespace gridmask::cuda
