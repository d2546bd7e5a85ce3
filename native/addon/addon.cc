// SPDX-License-Identifier: MIT
//
// The addon that lib/backend/ loads. All functions return a Status: TypeScript words and throws the
// errors, because its Error is the caller's. What is kept for an environment ends with it: pending
// calls in addon/async_call.cc, CUDA memory in addon/cuda.cc.

#include <napi.h>

#include "addon/arguments.h"
#include "addon/cuda.h"
#include "addon/functions.h"
#include "addon/masks.h"
#include "addon/mix.h"
#include "addon/preprocess.h"
#include "cpu/huge_pages.h"
#include "cpu/pool.h"
#include "lattice/instructions.h"

namespace gridmask::addon {
namespace {

// expectJob(): a call on the CPU's threads follows at once.
Napi::Value expectJob(const Napi::CallbackInfo& info) {
  cpu::expectJob();
  return statusValue(info, kDone);
}

// useLargePages(array): for a newly allocated result.
Napi::Value useLargePages(const Napi::CallbackInfo& info) {
  const auto bytes = info.Length() == 1 ? bytesOf(info[0]) : std::nullopt;
  if (bytes) cpu::useLargePages(bytes->data, bytes->length);
  return statusValue(info, bytes ? kDone : kBadArguments);
}

Napi::String nameOf(Napi::Env env, InstructionSet set) {
  return Napi::String::New(env, std::string(kInstructionSets[static_cast<size_t>(set)]));
}

// instructionSets(): the names of those that run here; each includes the ones before it.
Napi::Value instructionSets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (uint32_t set = 0; set <= static_cast<uint32_t>(bestInstructions()); ++set) {
    names[set] = nameOf(info.Env(), static_cast<InstructionSet>(set));
  }
  return names;
}

// instructionSet(): the name of the one in use.
Napi::Value instructionSet(const Napi::CallbackInfo& info) {
  return nameOf(info.Env(), instructionsInUse());
}

// useInstructions(name): in the whole process, from the next call on.
Napi::Value useInstructions(const Napi::CallbackInfo& info) {
  const bool used = info.Length() == 1 && info[0].IsString() &&
                    gridmask::useInstructions(info[0].As<Napi::String>().Utf8Value());
  return statusValue(info, used ? kDone : kBadArguments);
}

// readHeader(header): an object with its fields, in their order. For tests.
Napi::Value describeHeader(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (!readHeader(info[0], header)) return statusValue(info, kBadArguments);
  Napi::Object fields = Napi::Object::New(info.Env());
#define GRIDMASK_FIELD(name) fields[#name] = Napi::Number::New(info.Env(), header.name);
  GRIDMASK_BATCH_HEADER(GRIDMASK_FIELD)
#undef GRIDMASK_FIELD
  return fields;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  addMaskFunctions(exports);
  addMixFunctions(exports);
  addPreprocessFunctions(exports);
  addFunction<expectJob>(exports, "expectJob");
  addFunction<useLargePages>(exports, "useLargePages");
  addFunction<describeHeader>(exports, "readHeader");
  exports["cuda"] = cudaFunctions(env);
  // The version of the package whose TypeScript it belongs to.
  exports["version"] = Napi::String::New(env, GRIDMASK_VERSION);
  addFunction<instructionSets>(exports, "instructionSets");
  addFunction<instructionSet>(exports, "instructionSet");
  addFunction<useInstructions>(exports, "useInstructions");
  return exports;
}

NODE_API_MODULE(gridmask, init)

}  // namespace
}  // namespace gridmask::addon
