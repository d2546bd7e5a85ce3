// SPDX-License-Identifier: MIT
//
// On Windows a library names the program whose functions it wants: node.exe. Where that program is
// called otherwise, as Electron's is, the functions are those of the program that runs. MSVC's
// builds get the like from node-gyp and cmake-js.

#if defined(_WIN32) && !defined(_MSC_VER)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
// After the above, whose types it uses.
#include <delayimp.h>
#include <string.h>

namespace {

FARPROC WINAPI loadHost(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleA(nullptr));
}

}  // namespace

// The linker's library asks this variable whenever a function is first called.
extern "C" PfnDliHook __pfnDliNotifyHook2;
PfnDliHook __pfnDliNotifyHook2 = loadHost;

#endif
