# Targets Brotli::decoder and Brotli::encoder: Debian's package has no CMake package.

find_path(Brotli_INCLUDE_DIR brotli/decode.h)
find_library(Brotli_DECODER_LIBRARY brotlidec)
find_library(Brotli_ENCODER_LIBRARY brotlienc)
mark_as_advanced(Brotli_INCLUDE_DIR Brotli_DECODER_LIBRARY Brotli_ENCODER_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Brotli REQUIRED_VARS Brotli_DECODER_LIBRARY Brotli_ENCODER_LIBRARY Brotli_INCLUDE_DIR)

if(Brotli_FOUND AND NOT TARGET Brotli::decoder)
  foreach(part DECODER ENCODER)
    string(TOLOWER ${part} name)
    add_library(Brotli::${name} UNKNOWN IMPORTED)
    set_target_properties(Brotli::${name} PROPERTIES IMPORTED_LOCATION ${Brotli_${part}_LIBRARY}
                                                     INTERFACE_INCLUDE_DIRECTORIES ${Brotli_INCLUDE_DIR})
  endforeach()
endif()
