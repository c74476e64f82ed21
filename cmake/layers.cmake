# Compiler settings that every target shares, and the function that makes a layer.

add_library(streamutils_settings INTERFACE)
target_compile_options(streamutils_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -fno-math-errno
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # GCC 12 sees overlaps in "x" + std::string
target_include_directories(streamutils_settings INTERFACE ${PROJECT_SOURCE_DIR}/lib)
if(STREAMUTILS_SANITIZE)
  target_compile_options(streamutils_settings INTERFACE
    -fsanitize=${STREAMUTILS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(streamutils_settings INTERFACE -fsanitize=${STREAMUTILS_SANITIZE})
endif()
if(STREAMUTILS_FUZZ)
  target_compile_options(streamutils_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# RE2, Abseil, gzip and zstd as archives: forty shared libraries would take longer to load than a tool takes to
# start, and only what a tool calls ends up in it.  Named one by one with -l:, because CMake drops the second
# of two equal -Wl,-Bstatic.
set(archives ${re2_STATIC_LIBRARIES} ${abseil_STATIC_LIBRARIES})
list(FILTER archives INCLUDE REGEX "^(re2|absl_.*)$")
list(TRANSFORM archives PREPEND "-l:lib")
list(TRANSFORM archives APPEND ".a")
add_library(abseil_re2 INTERFACE)
target_link_libraries(abseil_re2 INTERFACE -Wl,--start-group ${archives} -Wl,--end-group Threads::Threads)
add_library(unpacking INTERFACE)
target_link_libraries(unpacking INTERFACE -l:libzstd.a -l:libz.a)

# add_layer(NAME [NEEDS layers...] [LIBRARIES others...]): one static library from every .cc of lib/NAME.
function(add_layer name)
  cmake_parse_arguments(LAYER "" "" "NEEDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cc)
  if(NOT sources)
    file(WRITE ${PROJECT_BINARY_DIR}/empty.cc "")
    set(sources ${PROJECT_BINARY_DIR}/empty.cc)
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC streamutils_settings ${LAYER_NEEDS} ${LAYER_LIBRARIES})
endfunction()

# The version, for the tools' --version.
target_compile_definitions(streamutils_settings INTERFACE STREAMUTILS_VERSION="${PROJECT_VERSION}")
