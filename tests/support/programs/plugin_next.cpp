// The next version of the library in plugin.cpp.
extern "C" __attribute__((visibility("default"))) int triple(int value) {
    return value + value + value;
}
