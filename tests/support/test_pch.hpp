// What every test includes.
#pragma once
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>
