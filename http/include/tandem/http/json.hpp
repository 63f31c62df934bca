// JSON in requests and replies, by Boost.JSON: include this where `json` is used.
//
//     #include <tandem/http/json.hpp>
//
//     boost::json::value question = {{"name", "tandem"}, {"wheels", 2}};    // named first: g++ 12 needs it
//     auto answer = co_await web.post(link).json(question).json();
//     std::cout << answer.at("id").as_int64();
#pragma once
#include <boost/json/value.hpp>

#include <tandem/http/request_builder.hpp>
#include <tandem/http/response.hpp>
