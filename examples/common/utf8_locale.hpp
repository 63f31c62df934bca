#pragma once
#include <locale.h>

/// While it lives, the C library's functions take text for UTF-8 on this thread, whatever the user's locale.
class utf8_locale {
  public:
    utf8_locale()
        : before_(::uselocale(known())) {}
    ~utf8_locale() { ::uselocale(before_); }
    utf8_locale(const utf8_locale&) = delete;
    utf8_locale& operator=(const utf8_locale&) = delete;

  private:
    /// Null where there is none: then the thread's locale stays, in which bytes above 127 are no characters.
    static locale_t known() {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;
    }
    locale_t before_;
};
