// What nearly every translation unit of the runtime needs; parsing it once saves two seconds in each.
#pragma once
#include <boost/asio.hpp>
#include <memory>
#include <string>
#include <vector>
