# What every target built here has in common.

add_library(tandem_flags INTERFACE)
target_compile_options(tandem_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                                              -Woverloaded-virtual $<$<BOOL:${TANDEM_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees uninitialised members in every coroutine frame once it optimises or instruments.
  target_compile_options(tandem_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TANDEM_SANITIZE})
  if(TANDEM_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio has fences that ThreadSanitizer does not follow; g++ warns of each, in code that is not ours.
    add_compile_options(-Wno-tsan)
  endif()
endif()

# tandem_add_library(name): target tandem_<name>, alias tandem::<name>, of every source below src/.
function(tandem_add_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp)
  add_library(tandem_${name} ${sources})
  add_library(tandem::${name} ALIAS tandem_${name})
  target_compile_features(tandem_${name} PUBLIC cxx_std_20)
  target_include_directories(
    tandem_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(tandem_${name} PRIVATE $<BUILD_INTERFACE:tandem_flags>)
  set_target_properties(
    tandem_${name}
    PROPERTIES EXPORT_NAME ${name}
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON
               CXX_EXTENSIONS OFF)
endfunction()

# tandem_add_program(name sources...): a program in build/<preset>/bin/.
function(tandem_add_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE tandem::http tandem_flags)
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()
