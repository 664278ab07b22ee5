# Joins the references of the steps into one page:
# cmake -DPARTS=a.md,b.md -DOUT=Passes.md -P passes.cmake
file(WRITE ${OUT} "# Passes\n\nThe passes of qdot by step of the chain, generated from the Passes.td files.\n")
string(REPLACE "," ";" PARTS "${PARTS}")
foreach(PART ${PARTS})
  get_filename_component(STEP ${PART} NAME_WE)
  string(REGEX REPLACE "Passes$" "" STEP ${STEP})
  file(READ ${PART} TEXT)
  string(REGEX REPLACE "^<!--[^\n]*-->" "" TEXT "${TEXT}")
  file(APPEND ${OUT} "\n## ${STEP}\n" "${TEXT}")
endforeach()
