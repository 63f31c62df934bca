// The exception types of std, which travel without asking.
#pragma once

namespace tandem::detail {

/// Registers them; to be called once.
void register_std_exceptions();

} // namespace tandem::detail
