#pragma once

#include <napi.h>

/// Adds the functions of addon-full.cpp, all of whose names begin with `full`.
void export_full(Napi::Env env, Napi::Object exports);
