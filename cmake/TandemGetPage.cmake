# Makes the man page PAGE of its words (WORDS) and the options that PROGRAM tells of itself.
execute_process(COMMAND ${PROGRAM} --help roff OUTPUT_VARIABLE OPTIONS COMMAND_ERROR_IS_FATAL ANY
                OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file(${WORDS} ${PAGE} @ONLY)
