# The suites that are not unit tests: cases in every mode, laws, processes, and the rules of the source.
# SPDX-License-Identifier: Apache-2.0
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

set(every_tool)
foreach(tool sread sfilter smap swindow sgroup sdedup sjoin swrite)
  if(TARGET ${tool})
    list(APPEND every_tool ${tool})
  endif()
endforeach()
list(JOIN every_tool "," tool_names)

# --- Cases -----------------------------------------------------------------------------------------

add_library(cases STATIC case_file.cc case_chain.cc case_modes.cc case_process.cc)
target_link_libraries(cases PUBLIC tools)
target_include_directories(cases PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})

add_executable(case_runner case_runner.cc)
target_link_libraries(case_runner PRIVATE cases)
if(every_tool)
  add_dependencies(case_runner ${every_tool})
endif()

foreach(mode straight restart chunks blocks identity process)
  add_test(NAME cases_${mode}
    COMMAND case_runner --mode=${mode} --bin ${PROJECT_BINARY_DIR}/bin ${CMAKE_CURRENT_SOURCE_DIR}/cases)
  set_tests_properties(cases_${mode} PROPERTIES LABELS cases)
endforeach()

# --- Processes and laws ----------------------------------------------------------------------------

if(DEFINED ENV{STREAMUTILS_DATA})
  set(data $ENV{STREAMUTILS_DATA})
else()
  set(data ${PROJECT_SOURCE_DIR}/../shared/data)
endif()

# add_python_tests(LABEL): each test_*.py of the folder LABEL is a test.
function(add_python_tests label)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${label}/test_*.py)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    string(REGEX REPLACE "^test_" "" name ${name})
    add_test(NAME ${label}_${name} COMMAND ${Python3_EXECUTABLE} ${script})
    set_tests_properties(${label}_${name} PROPERTIES LABELS ${label} TIMEOUT 600 ENVIRONMENT
      "STREAMUTILS_BIN=${PROJECT_BINARY_DIR}/bin;STREAMUTILS_TOOLS=${tool_names};STREAMUTILS_DATA=${data};\
STREAMUTILS_SANITIZED=${STREAMUTILS_SANITIZE};PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/process;\
PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endfunction()

add_python_tests(process)
add_python_tests(laws)
# These look at the clock: nothing else runs beside them.
set_tests_properties(process_signals process_waiting PROPERTIES RUN_SERIAL ON)

# --- The rules of the source -----------------------------------------------------------------------

foreach(rule layering style)
  add_test(NAME ${rule}_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${rule}_test.py ${PROJECT_SOURCE_DIR})
  set_tests_properties(${rule}_test PROPERTIES LABELS source)
endforeach()
