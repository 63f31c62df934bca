// What nearly every case needs, compiled once.
#pragma once
#include <benchmark/benchmark.h>

#include <tandem/runtime.hpp>

#include "micro/awaitable.hpp"
