# SPDX-License-Identifier: MIT
#
# Writes the file `from` to the file `to` as a list of bytes in C.
file(READ ${from} bytes HEX)
string(REGEX REPLACE "(................................................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${to} "${bytes}\n")
