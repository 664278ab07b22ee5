# Installation, the CMake package (find_package(qdot), qdot::qdot) and the .deb.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/qdot ${PROJECT_BINARY_DIR}/include/qdot
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc"
  PATTERN "CMakeFiles" EXCLUDE)
install(EXPORT qdotTargets NAMESPACE qdot:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qdot)
configure_package_config_file(cmake/qdotConfig.cmake.in ${PROJECT_BINARY_DIR}/qdotConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qdot)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/qdotConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qdotConfig.cmake ${PROJECT_BINARY_DIR}/qdotConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qdot)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "qdot maintainers <qdot@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# `qdot compile -o model.so` calls the linker; the others are for compilers that
# link libqdot and for stock mlir-opt.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "lld-22")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libmlir-22-dev, llvm-22-dev, mlir-22-tools")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
