# Small helpers shared by every CMakeLists.txt of the project.

add_library(qdot_warnings INTERFACE)
target_compile_options(qdot_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(QDOT_WERROR)
  target_compile_options(qdot_warnings INTERFACE -Werror)
endif()

# Adds the files of one folder of lib/ to the library.
function(qdot_add_sources)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  target_sources(qdot PRIVATE ${ARGN})
endfunction()

# MLIR's headers take most of the time of a compilation; read them once for each
# target. Off, every file must name what it uses (as the preset gcc checks).
option(QDOT_PRECOMPILE_HEADERS "Precompile the headers of LLVM and MLIR" ON)
function(qdot_precompile_headers TARGET)
  if(NOT QDOT_PRECOMPILE_HEADERS)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # ccache compares the headers themselves, not their times.
    target_compile_options(${TARGET} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
  target_precompile_headers(${TARGET} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:${PROJECT_SOURCE_DIR}/cmake/Precompiled.h>)
endfunction()

# Generates the pass declarations of include/qdot/<FOLDER>/Passes.td.
function(qdot_add_passes FOLDER)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name Qdot${FOLDER})
  add_public_tablegen_target(Qdot${FOLDER}PassesIncGen)
  set_property(GLOBAL APPEND PROPERTY QDOT_TABLEGEN_TARGETS Qdot${FOLDER}PassesIncGen)
  set_property(GLOBAL APPEND PROPERTY QDOT_PASS_DEFINITIONS ${CMAKE_CURRENT_SOURCE_DIR}/Passes.td)
endfunction()

# Adds a command line tool that links libqdot.
function(qdot_add_tool NAME)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${NAME} PRIVATE qdot qdot_warnings ${ARG_LINK_LIBS})
  install(TARGETS ${NAME} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
