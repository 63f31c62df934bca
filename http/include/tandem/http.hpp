// All of tandem::http for applications, with the way in (`tandem::run`) and the tasks they are written in.
#pragma once
#include <tandem/http/address_filter.hpp>
#include <tandem/http/bearer.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/content_disposition.hpp>
#include <tandem/http/cookie_jar.hpp>
#include <tandem/http/error.hpp>
#include <tandem/http/event_stream.hpp>
#include <tandem/http/form.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/login.hpp>
#include <tandem/http/multipart.hpp>
#include <tandem/http/netrc.hpp>
#include <tandem/http/response.hpp>
#include <tandem/http/saved.hpp>
#include <tandem/http/url.hpp>
#include <tandem/run.hpp>
