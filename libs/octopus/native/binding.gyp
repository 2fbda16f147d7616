{
  "variables": {
    "octopus_flags": ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Wpedantic", "-fvisibility=hidden"]
  },
  "target_defaults": {
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions"],
    "cflags_cc": ["<@(octopus_flags)"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0"
    }
  },
  "targets": [
    {
      "target_name": "octopus",
      "sources": [
        "addon.cpp",
        "addon-full.cpp",
        "builder.cpp",
        "cache-file.cpp",
        "data-set.cpp",
        "full-engine.cpp",
        "full-kernels.cpp",
        "full-scalar.cpp",
        "header.cpp",
        "keccak.cpp",
        "kernel-scalar.cpp",
        "kernels.cpp",
        "light-cache.cpp",
        "memory.cpp",
        "miner.cpp",
        "napi-values.cpp",
        "pool.cpp",
        "stage.cpp",
        "threads.cpp"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last: in a worker that is being terminated nothing can be thrown, and that must not end the process.
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["octopus_avx2", "octopus_avx512"] }],
        ["target_arch=='arm64'", { "sources": ["full-neon.cpp", "kernel-neon.cpp"] }]
      ]
    }
  ],
  "conditions": [
    [
      "target_arch=='x64'",
      {
        "targets": [
          {
            "target_name": "octopus_avx2",
            "type": "static_library",
            "sources": ["full-avx2.cpp", "kernel-avx2.cpp"],
            "cflags_cc": ["-mavx2", "-mfma", "-mbmi", "-mbmi2"],
            "xcode_settings": { "OTHER_CFLAGS": ["-mavx2", "-mfma", "-mbmi", "-mbmi2"] }
          },
          {
            "target_name": "octopus_avx512",
            "type": "static_library",
            "sources": ["full-avx512.cpp", "kernel-avx512.cpp"],
            "cflags_cc": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma", "-mbmi", "-mbmi2"],
            "xcode_settings": {
              "OTHER_CFLAGS": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma", "-mbmi", "-mbmi2"]
            }
          }
        ]
      }
    ]
  ]
}
