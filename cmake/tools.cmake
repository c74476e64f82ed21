# add_tool(NAME): the executable NAME from tools/main.cc, whose tool is the function NAME().
function(add_tool name)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tools/main.cc)
  target_compile_definitions(${name} PRIVATE TOOL=${name})
  target_link_libraries(${name} PRIVATE tools)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  # Libraries that a tool does not call must not cost it their loading.
  target_link_options(${name} PRIVATE -Wl,--as-needed -Wl,-z,lazy)
  install(TARGETS ${name} RUNTIME)
endfunction()
