#include "download/rest_of_file.hpp"

namespace tandem::http::detail {

std::string_view fault_of_rest(const reply_head& reply, const entity& held, std::uint64_t from, bool trusts) {
    constexpr std::string_view several = "multipart/byteranges";
    if (equal_ignoring_case(reply.fields["Content-Type"].substr(0, several.size()), several))
        return "is in several parts";
    const auto coding = reply.fields["Content-Encoding"];
    if (!coding.empty() && !equal_ignoring_case(coding, "identity")) return "is coded";
    const auto range = content_range_of(reply.fields);
    if (!range || !range->first) return "does not say which part it is";
    if (*range->first != from) return "begins at another byte";
    if (reply.content_length && *reply.content_length != range->last - from + 1)
        return "is not as long as it says";
    if (held.total && range->total && *held.total != *range->total) return "is of a file of another length";
    if (held.total && range->last >= *held.total) return "goes beyond the end of the file";
    if (!trusts) return held.is_shown_by(reply.fields) ? "" : "does not show that it is of the same file";
    return held.total && range->total ? "" : "does not show that the lengths agree";
}

bool says_complete(const reply_head& reply, const entity& held, std::uint64_t count, bool trusts) {
    const auto range = content_range_of(reply.fields);
    if (!range || range->first || range->total != count) return false;
    if (held.total && *held.total != count) return false;
    return trusts || held.is_shown_by(reply.fields);
}

} // namespace tandem::http::detail
