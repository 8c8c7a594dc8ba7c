# What `cmake --install` places: the binary, the unit and its account, man pages, completions, the
# shipped rules and templates, the settings. The binary looks under /usr/share/noci and /etc/noci,
# so /usr is the default prefix; DESTDIR stages the tree somewhere else.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set_property(CACHE CMAKE_INSTALL_PREFIX PROPERTY VALUE /usr)
  set(CMAKE_INSTALL_PREFIX /usr)
endif()
set(NOCI_CONFIG_DIR /etc/noci CACHE PATH "Where noci.yaml, rules.d and lists are installed")
option(NOCI_INSTALL_UNIT "Install the systemd unit and its account (the Debian package has its own way)" ON)

install(TARGETS noci RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY rules/ DESTINATION ${CMAKE_INSTALL_DATADIR}/noci/rules
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.yml" PATTERN "*.txt")
install(DIRECTORY config/templates/ DESTINATION ${CMAKE_INSTALL_DATADIR}/noci/templates)
install(DIRECTORY config/synapse/ DESTINATION ${CMAKE_INSTALL_DATADIR}/noci/synapse)
install(DIRECTORY config/sources/ DESTINATION ${CMAKE_INSTALL_DATADIR}/noci/sources)
install(FILES packaging/prometheus/noci.rules.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/noci/prometheus)
# What messages, settings, rules and alerts call docs/NAME.md.
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
        FILES_MATCHING PATTERN "*.md" PATTERN decisions EXCLUDE PATTERN man EXCLUDE)
install(FILES config/minimal.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
file(GLOB pages_1 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.1)
file(GLOB pages_5 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.5)
install(FILES ${pages_1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages_5} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES packaging/completions/noci.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME noci)
if(NOCI_INSTALL_UNIT)
  install(FILES packaging/systemd/noci.service DESTINATION lib/systemd/system)
  install(FILES packaging/systemd/noci.sysusers DESTINATION lib/sysusers.d RENAME noci.conf)
endif()

# What an operator has changed stays: noci.yaml is only placed where there is none.
install(CODE "
  # file(INSTALL) looks at DESTDIR itself.
  set(folder \"\$ENV{DESTDIR}${NOCI_CONFIG_DIR}\")
  file(MAKE_DIRECTORY \"\${folder}/rules.d\" \"\${folder}/lists\")
  if(EXISTS \"\${folder}/noci.yaml\")
    message(STATUS \"Keeping: \${folder}/noci.yaml\")
  else()
    file(INSTALL \"${CMAKE_SOURCE_DIR}/config/noci.yaml\" DESTINATION \"${NOCI_CONFIG_DIR}\")
  endif()")
