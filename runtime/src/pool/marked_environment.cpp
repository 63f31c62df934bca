#include "pool/marked_environment.hpp"

#include <map>
#include <string_view>
#include <unistd.h>

#include "pool/worker_mark.hpp"

extern char** environ;

namespace tandem::detail {

marked_environment::marked_environment(const std::vector<worker_limits::environment_change>& changes,
                                       unsigned place, bool is_zygote) {
    std::map<std::string_view, const std::optional<std::string>*> last;
    for (const auto& [name, value] : changes)
        last[name] = &value;
    for (const auto& [name, value] : last)
        if (*value) texts_.push_back(std::string(name) + '=' + **value);
    texts_.push_back(make_worker_mark(place, is_zygote));

    for (char** each = environ; each && *each; ++each) {
        const std::string_view text(*each);
        if (!last.contains(text.substr(0, text.find('=')))) variables_.push_back(*each);
    }
    for (std::string& text : texts_)
        variables_.push_back(text.data());
    variables_.push_back(nullptr);
}

} // namespace tandem::detail
