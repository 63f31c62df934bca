// A library that the tests load and their workers do not.
extern "C" __attribute__((visibility("default"))) int triple(int value) {
    return 3 * value;
}
