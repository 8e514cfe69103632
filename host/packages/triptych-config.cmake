# find_package(triptych) gives the target triptych::triptych. Places are found from that of this file.
get_filename_component(_triptych_here "${CMAKE_CURRENT_LIST_DIR}" REALPATH)
get_filename_component(_triptych_libdir "${_triptych_here}/../.." ABSOLUTE)
get_filename_component(_triptych_prefix "${_triptych_libdir}/@UP@" ABSOLUTE)

if(NOT EXISTS "${_triptych_libdir}/@SONAME@")
  set(triptych_FOUND FALSE)
  set(triptych_NOT_FOUND_MESSAGE "${_triptych_libdir}/@SONAME@ is missing")
elseif(NOT TARGET triptych::triptych)
  add_library(triptych::triptych SHARED IMPORTED)
  set_target_properties(triptych::triptych PROPERTIES
    IMPORTED_LOCATION "${_triptych_libdir}/@SONAME@"
    IMPORTED_SONAME "@SONAME@"
    INTERFACE_INCLUDE_DIRECTORIES "${_triptych_prefix}/include")
endif()

unset(_triptych_here)
unset(_triptych_libdir)
unset(_triptych_prefix)
