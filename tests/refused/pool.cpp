// Calls that must not compile: CTest builds this once for each REFUSED and looks for the cure in what the
// compiler says. Without REFUSED it compiles.
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/pool/shared_array.hpp>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string_view>
#include <thread>

namespace {

struct with_pointer {
    int number;
    const char* text;
};
struct with_reference {
    const std::string& text;
};
union either {
    int number;
    float fraction;
};
class secretive {
  public:
    explicit secretive(int value)
        : value_(value) {}
    int value() const { return value_; }

  private:
    int value_;
};
struct shape {
    virtual ~shape() = default;
};
struct name_and_pointer {
    char name[16];
    int* number;
};
struct counter {
    int next() { return ++count; }
    int count = 0;
};

int take_text(const std::string& text) {
    return static_cast<int>(text.size());
}
[[maybe_unused]] const char* give_pointer() {
    return "text";
}
[[maybe_unused]] void write_to(int& out) {
    out = 1;
}

template <class T> void send(tandem::encoder& out, const T& value) {
    tandem::encode(out, value);
}

} // namespace

void use(tandem::process_pool& pool, tandem::encoder& out, const with_reference& referring, int captured,
         [[maybe_unused]] tandem::task<>* waiting) {
    static_cast<void>(pool.run(take_text, "converted"));
    send(out, captured);
    static_cast<void>(referring);
    static_cast<void>(tandem::shared_value<int>().load());
#if defined(REFUSED_pointer)
    send(out, &captured);
#elif defined(REFUSED_pointer_inside)
    send(out, std::vector<with_pointer>());
#elif defined(REFUSED_reference_inside)
    send(out, referring);
#elif defined(REFUSED_string_view)
    send(out, std::string_view());
#elif defined(REFUSED_span)
    send(out, std::span<int>());
#elif defined(REFUSED_handle)
    send(out, std::make_unique<int>());
#elif defined(REFUSED_shared_pointer)
    send(out, std::make_shared<int>());
#elif defined(REFUSED_stream)
    send(out, std::ostringstream());
#elif defined(REFUSED_thread)
    send(out, std::thread());
#elif defined(REFUSED_task)
    send(out, tandem::task<>(std::move(*waiting)));
#elif defined(REFUSED_reference_wrapper)
    send(out, std::ref(captured));
#elif defined(REFUSED_null_pointer)
    send(out, nullptr);
#elif defined(REFUSED_pointer_in_map)
    send(out, std::map<std::string, std::optional<int*>>());
#elif defined(REFUSED_result_of_pointer)
    send(out, tandem::result<int*>());
#elif defined(REFUSED_union)
    send(out, either());
#elif defined(REFUSED_class)
    send(out, secretive(1));
#elif defined(REFUSED_polymorphic)
    send(out, shape());
#elif defined(REFUSED_built_in_array)
    send(out, "literal");
#elif defined(REFUSED_capture)
    static_cast<void>(pool.run([captured] { return captured; }));
#elif defined(REFUSED_std_function)
    static_cast<void>(pool.run(std::function<int()>()));
#elif defined(REFUSED_member_pointer)
    static_cast<void>(pool.run(&counter::next, counter()));
#elif defined(REFUSED_result)
    static_cast<void>(pool.run(give_pointer));
#elif defined(REFUSED_output)
    static_cast<void>(pool.run(write_to, captured));
#elif defined(REFUSED_argument)
    static_cast<void>(pool.run(take_text, 1.5));
#elif defined(REFUSED_map_item)
    static_cast<void>(pool.map(take_text, std::vector<double>()));
#elif defined(REFUSED_map_capture)
    static_cast<void>(pool.map([captured](int value) { return value + captured; }, std::vector<int>()));
#elif defined(REFUSED_map_output)
    static_cast<void>(pool.map(write_to, std::vector<int>()));
#elif defined(REFUSED_submit_capture)
    static_cast<void>(pool.submit([captured] { return captured; }));
#elif defined(REFUSED_initializer_capture)
    tandem::process_pool_options().initializer([captured] { static_cast<void>(captured); });
#elif defined(REFUSED_preload_output)
    tandem::process_pool_options().preload(write_to, captured);
#elif defined(REFUSED_argument_count)
    static_cast<void>(pool.run(take_text));
#elif defined(REFUSED_shared_pointer_value)
    tandem::shared_value<int*>();
#elif defined(REFUSED_shared_pointer_inside)
    tandem::shared_value<with_pointer>();
#elif defined(REFUSED_shared_pointer_behind_array)
    tandem::shared_value<name_and_pointer>();
#elif defined(REFUSED_shared_text)
    tandem::shared_value<std::string>();
#elif defined(REFUSED_shared_view)
    tandem::shared_value<std::string_view>();
#elif defined(REFUSED_shared_reference)
    tandem::shared_value<std::reference_wrapper<int>>(std::ref(captured));
#elif defined(REFUSED_shared_virtual)
    tandem::shared_value<shape>();
#elif defined(REFUSED_shared_const)
    tandem::shared_value<const int>(1);
#elif defined(REFUSED_array_of_pointers)
    tandem::shared_array<int*>(3);
#elif defined(REFUSED_array_of_text)
    tandem::shared_array<std::string>(3);
#elif defined(REFUSED_queue_of_pointers)
    tandem::process_queue<int*>(3);
#elif defined(REFUSED_queue_of_views)
    tandem::process_queue<std::string_view>(3);
#endif
}
