// SPDX-License-Identifier: MIT
//
// Newer versions of GCC's headers compile calls into old templates that older systems lack: into
// containers one of libstdc++ 11, into shared_ptr a look at a variable of glibc 2.32. Defined here
// they stay within the addon, and a build on a new system loads on an old one. It would do to be
// built on an old one; this way it can be built anywhere, and a test sees to it.

#include <new>

// Windows links the library in.
#if defined(__GLIBCXX__) && defined(__linux__)

namespace std {

[[noreturn]] void __throw_bad_array_new_length();
[[noreturn]] void __throw_bad_array_new_length() { throw bad_array_new_length(); }

}  // namespace std

#if defined(__GLIBC__)
// Whether the process has one thread, so that counters need not be atomic. Node has several.
extern "C" {
extern char __libc_single_threaded;
char __libc_single_threaded = 0;
}
#endif

#endif
