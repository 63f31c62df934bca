# `cmake --install`, and the package file that find_package(tandem) reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS tandem_runtime tandem_http EXPORT tandem-targets)
install(TARGETS tandem-ps)
install(DIRECTORY runtime/include/ http/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tandem-targets NAMESPACE tandem:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)

configure_package_config_file(cmake/tandem-config.cmake.in ${PROJECT_BINARY_DIR}/tandem-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tandem-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tandem-config.cmake ${PROJECT_BINARY_DIR}/tandem-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindLiburing.cmake ${PROJECT_SOURCE_DIR}/cmake/FindBrotli.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake ${PROJECT_SOURCE_DIR}/cmake/FindLibidn2.cmake ${PROJECT_SOURCE_DIR}/cmake/FindLibpsl.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)
