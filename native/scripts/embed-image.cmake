# SPDX-License-Identifier: MIT
#
# Writes the files `from` to the file `to` as a list of bytes in C, after a line that identifies the
# `sources` it was compiled from.
include(${CMAKE_CURRENT_LIST_DIR}/hash-sources.cmake)
hash_sources("${sources}" hash)
set(bytes "")
foreach(file IN LISTS from)
  file(READ ${file} hex HEX)
  string(APPEND bytes "${hex}")
endforeach()
string(REPEAT "[0-9a-f]" 32 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${to} "// Compiled from sources of SHA-256 ${hash}\n${bytes}\n")
