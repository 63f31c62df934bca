# Installs Tandem into a folder of its own and builds hello against that, as a user does.
# Needs: BUILD (Tandem's build folder), SOURCE (this folder), WORK (an empty one), HELLO, COMPILER, FLAGS.
file(REMOVE_RECURSE ${WORK})

function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed:\n${output}")
  endif()
endfunction()

step("Installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
step("Configuring" ${CMAKE_COMMAND} -G Ninja -S ${SOURCE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
     -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}" -DHELLO=${HELLO})
step("Building" ${CMAKE_COMMAND} --build ${WORK}/build)

# What can be said without a network: it runs, and knows its command line.
execute_process(COMMAND ${WORK}/build/hello unexpected-argument RESULT_VARIABLE status ERROR_VARIABLE output)
if(NOT status EQUAL 2 OR NOT output MATCHES "surplus argument 'unexpected-argument'")
  message(FATAL_ERROR "hello answered a surplus argument with status ${status}: ${output}")
endif()
