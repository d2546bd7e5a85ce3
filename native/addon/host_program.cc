// SPDX-License-Identifier: MIT
//
// On Windows a library names the program whose functions it imports: node.exe. If the program has
// another name, like Electron's, the functions come from the running program. Builds with MSVC get
// the same from node-gyp and cmake-js.

#if defined(_WIN32) && !defined(_MSC_VER)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
// After the header above, whose types it uses.
#include <delayimp.h>
#include <string.h>

namespace {

FARPROC WINAPI loadHost(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleA(nullptr));
}

}  // namespace

// The linker's library reads this variable when an imported function is first called.
extern "C" PfnDliHook __pfnDliNotifyHook2;
PfnDliHook __pfnDliNotifyHook2 = loadHost;

#endif
