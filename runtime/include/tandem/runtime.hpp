// All of the runtime but its bridge to Asio; for applications.
#pragma once
#include <tandem/coro/as_result.hpp>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/shield.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/run.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/sync/semaphore.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>
