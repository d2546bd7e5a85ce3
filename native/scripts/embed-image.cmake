# SPDX-License-Identifier: MIT
#
# Writes the file `from` to the file `to` as a list of bytes in C, behind a line that tells which
# `sources` it was compiled from.
set(hashes "")
foreach(source IN LISTS sources)
  file(SHA256 ${source} hash)
  string(APPEND hashes "${hash}\n")
endforeach()
string(SHA256 hash "${hashes}")

file(READ ${from} bytes HEX)
string(REPEAT "[0-9a-f]" 32 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${to} "// Compiled from sources of SHA-256 ${hash}\n${bytes}\n")
