# What node-gyp-build falls back to on a user's machine; CMakeLists.txt is the build of record.
# Warnings are not errors here: nobody can mend them there.
{
  "targets": [
    {
      "target_name": "gridmask",
      "sources": [
        "native/addon/addon.cc",
        "native/addon/arguments.cc",
        "native/addon/async_call.cc",
        "native/addon/bytes.cc",
        "native/addon/cuda.cc",
        "native/addon/cuda_memory.cc",
        "native/addon/cuda_preprocess.cc",
        "native/addon/host_program.cc",
        "native/addon/masks.cc",
        "native/addon/mix.cc",
        "native/addon/preprocess.cc",
        "native/addon/preprocess_arguments.cc",
        "native/cpu/backend.cc",
        "native/cpu/band_maker.cc",
        "native/cpu/convert.cc",
        "native/cpu/count.cc",
        "native/cpu/kernels.cc",
        "native/cpu/mix.cc",
        "native/cpu/noise.cc",
        "native/cpu/partners.cc",
        "native/cpu/pool.cc",
        "native/cpu/preprocess.cc",
        "native/cpu/row_maker.cc",
        "native/cpu/scratch.cc",
        "native/cpu/some_channels.cc",
        "native/cuda/allocation.cc",
        "native/cuda/backend.cc",
        "native/cuda/context.cc",
        "native/cuda/driver.cc",
        "native/cuda/fatbin.cc",
        "native/cuda/kernel_sample.cc",
        "native/cuda/launch.cc",
        "native/cuda/launch_parts.cc",
        "native/cuda/library.cc",
        "native/cuda/memory_pool.cc",
        "native/cuda/mix.cc",
        "native/cuda/mix_launch.cc",
        "native/cuda/nvtx.cc",
        "native/cuda/pinned_memory.cc",
        "native/cuda/preprocess.cc",
        "native/cuda/preprocess_launch.cc",
        "native/cuda/process_end.cc",
        "native/cuda/source_regions.cc",
        "native/cuda/staging.cc",
        "native/cuda/stream.cc",
        "native/cuda/transfer.cc",
        "native/lattice/instructions.cc",
        "native/lattice/phase_block.cc",
        "native/lattice/rotation.cc",
        "native/lattice/sample_block.cc"
      ],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "GRIDMASK_VERSION=\"<!(node -p \"require('./package.json').version\")\""
      ],
      "cflags": ["-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno"],
      "cflags_cc": ["-std=c++17", "-O3"],
      # The C++ library throws where a thread can't be started; N-API's wrapper does not.
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CFLAGS": ["-ffp-contract=off", "-fno-math-errno"]
      },
      "msvs_settings": {
        "VCCLCompilerTool": {"ExceptionHandling": 1, "AdditionalOptions": ["/std:c++17"]}
      },
      "conditions": [
        # Node unloads an addon with its last environment, but the pool's threads live on.
        ["OS=='linux'", {"cflags": ["-pthread"], "ldflags": ["-pthread", "-Wl,-z,nodelete"], "libraries": ["-ldl"]}]
      ]
    }
  ]
}
