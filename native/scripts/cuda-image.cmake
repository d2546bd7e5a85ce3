# SPDX-License-Identifier: MIT
#
# Compiles the kernels, if there is an nvcc that works, to build/cuda/fatbin.inc: five fatbins as a
# list of bytes (native/cuda/fatbin.h), which native/cuda/fatbin.cc embeds. Defines gridmask_add_cuda_image(target).
#
#   GRIDMASK_CUDA=AUTO  without a working nvcc: what native/cuda/fatbin.inc holds, or no kernels
#                 ON    without a working nvcc: an error
#                 SHIPPED what native/cuda/fatbin.inc holds: the same kernels for every platform
#                 OFF   no kernels

set(GRIDMASK_CUDA AUTO CACHE STRING "The CUDA kernels: AUTO, ON, SHIPPED or OFF")
include(${CMAKE_CURRENT_LIST_DIR}/hash-sources.cmake)
set(GRIDMASK_EMBED ${CMAKE_CURRENT_LIST_DIR}/embed-image.cmake)

# Everything that the kernels are compiled from; a test checks that the list is complete.
set(KERNEL_SOURCES
  native/cuda/entry.h
  native/cuda/kernel_list.h
  native/cuda/kernel_params.h
  native/cuda/kernels.cu
  native/cuda/mask_bits.h
  native/cuda/mask_kernel.h
  native/cuda/mask_rows_kernel.h
  native/cuda/memory.h
  native/cuda/mix.cu
  native/cuda/mix_in_place_kernel.h
  native/cuda/mix_kernel.h
  native/cuda/mix_pixels_kernel.h
  native/cuda/noise_kernel.h
  native/cuda/preprocess.cu
  native/cuda/preprocess_kernel.h
  native/cuda/preprocess_params.h
  native/cuda/rare.cu
  native/cuda/rows.cu
  native/cuda/source_words.h
  native/cuda/vector_bits.h
  native/cuda/warp_tile.h
  native/lattice/channel_scale.h
  native/lattice/host_device.h
  native/lattice/noise.h
  native/lattice/philox.h)

# Sets `result` to nvcc's options for one fatbin: machine code for each major architecture since Volta,
# which no driver has to translate, and PTX of the oldest one that the toolkit knows, for all others:
# older, in between, and future. Sets `portable` to the options for the PTX alone.
function(gridmask_cuda_architectures nvcc result portable)
  execute_process(COMMAND ${nvcc} --list-gpu-arch OUTPUT_VARIABLE list ERROR_QUIET)
  string(REGEX MATCHALL "[0-9]+" known "${list}")
  if(50 IN_LIST known)
    # Machine code is compressed too, in a way that drivers before 550 understand.
    set(ptx -gencode=arch=compute_50,code=compute_50 -Xfatbin=-compress-all)
  else()
    set(ptx -gencode=arch=compute_75,code=compute_75 --compress-mode=size)
  endif()
  set(options ${ptx})
  foreach(architecture 70 75 80 90 100 120)
    if(architecture IN_LIST known)
      list(APPEND options -gencode=arch=compute_${architecture},code=sm_${architecture})
    endif()
  endforeach()
  set(${result} "${options}" PARENT_SCOPE)
  set(${portable} "${ptx}" PARENT_SCOPE)
endfunction()

function(gridmask_find_nvcc result)
  set(${result} "" PARENT_SCOPE)
  if(GRIDMASK_CUDA MATCHES "^(OFF|SHIPPED)$")
    return()
  endif()
  find_program(GRIDMASK_NVCC nvcc
    HINTS ENV CUDA_PATH ENV CUDA_HOME PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
  if(GRIDMASK_NVCC)
    # An nvcc may refuse the host's compiler, or be too old.
    file(WRITE ${CMAKE_BINARY_DIR}/cuda/probe.cu
      "#include <cstdint>\n__global__ void probe(const __grid_constant__ uint64_t) {}\n")
    execute_process(
      COMMAND ${GRIDMASK_NVCC} -std=c++17 -arch=compute_75 -fatbin -o probe.fatbin probe.cu
      WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/cuda
      RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(status EQUAL 0)
      set(${result} ${GRIDMASK_NVCC} PARENT_SCOPE)
      return()
    endif()
    set(reason "${GRIDMASK_NVCC} does not compile:\n${output}")
  else()
    set(reason "there is no nvcc")
  endif()
  if(GRIDMASK_CUDA STREQUAL "ON")
    message(FATAL_ERROR "The CUDA kernels can't be compiled: ${reason}")
  endif()
  message(STATUS "The CUDA kernels are not compiled: ${reason}")
endfunction()

# Whether native/cuda/fatbin.inc exists and was compiled from the current sources: older kernels would
# be launched with parameters that they do not know.
function(gridmask_shipped_image_is_usable result)
  set(${result} OFF PARENT_SCOPE)
  if(GRIDMASK_CUDA STREQUAL "OFF" OR NOT EXISTS ${CMAKE_SOURCE_DIR}/native/cuda/fatbin.inc)
    return()
  endif()
  list(TRANSFORM KERNEL_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  hash_sources("${sources}" hash)
  file(READ ${CMAKE_SOURCE_DIR}/native/cuda/fatbin.inc head LIMIT 200)
  if(head MATCHES ${hash})
    set(${result} ON PARENT_SCOPE)
  else()
    message(STATUS "native/cuda/fatbin.inc is not of these sources: built without CUDA kernels")
  endif()
endfunction()

# Embeds the kernels in `target`, which has native/cuda/fatbin.cc among its sources.
function(gridmask_add_cuda_image target)
  gridmask_find_nvcc(nvcc)
  if(NOT nvcc)
    gridmask_shipped_image_is_usable(usable)
    if(NOT usable)
      target_compile_definitions(${target} PRIVATE GRIDMASK_NO_CUDA_IMAGE)
    endif()
    return()
  endif()
  gridmask_cuda_architectures(${nvcc} options portable)
  set(image ${CMAKE_BINARY_DIR}/cuda/fatbin.inc)
  set(fatbins "")
  set(commands "")
  foreach(name kernels rows mix rare preprocess)
    set(fatbin ${CMAKE_BINARY_DIR}/cuda/${name}.fatbin)
    list(APPEND fatbins ${fatbin})
    list(APPEND commands COMMAND ${nvcc} -std=c++17 -Inative -Werror all-warnings ${options}
      -fatbin -o ${fatbin} native/cuda/${name}.cu)
    set(options ${portable})  # of all but the first
  endforeach()
  add_custom_command(
    OUTPUT ${image}
    ${commands}
    COMMAND ${CMAKE_COMMAND} "-Dfrom=${fatbins}" -Dto=${image}
      "-Dsources=${KERNEL_SOURCES}"
      -P ${GRIDMASK_EMBED}
    DEPENDS ${KERNEL_SOURCES} ${GRIDMASK_EMBED}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMENT "Compiling the CUDA kernels"
    VERBATIM)
  target_sources(${target} PRIVATE ${image})
  # Found before the one beside image.cc.
  target_include_directories(${target} BEFORE PRIVATE ${CMAKE_BINARY_DIR})
  set_property(SOURCE native/cuda/fatbin.cc APPEND PROPERTY OBJECT_DEPENDS ${image})
endfunction()
