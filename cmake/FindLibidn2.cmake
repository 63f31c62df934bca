# Target Libidn2::Libidn2: names of hosts in all scripts, which ships neither a CMake package nor a find module.

find_path(Libidn2_INCLUDE_DIR idn2.h)
find_library(Libidn2_LIBRARY idn2)
mark_as_advanced(Libidn2_INCLUDE_DIR Libidn2_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libidn2 REQUIRED_VARS Libidn2_LIBRARY Libidn2_INCLUDE_DIR)

if(Libidn2_FOUND AND NOT TARGET Libidn2::Libidn2)
  add_library(Libidn2::Libidn2 UNKNOWN IMPORTED)
  set_target_properties(Libidn2::Libidn2 PROPERTIES IMPORTED_LOCATION ${Libidn2_LIBRARY}
                                                      INTERFACE_INCLUDE_DIRECTORIES ${Libidn2_INCLUDE_DIR})
endif()
