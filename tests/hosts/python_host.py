"""Calls triptych by ctypes: copies the picture argv[2] to argv[3], and with inside.so decodes a frame of the video argv[4].

argv[1] is libtriptych.so, or inside.so, a library with triptych inside that exports host_main alone.
"""

import ctypes
import sys

library = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_LOCAL)
source, target, video = (text.encode() for text in sys.argv[2:5])
if sys.argv[1].endswith("inside.so"):
    sys.exit(library.host_main(source, target, video))

error = ctypes.create_string_buffer(2000)  # struct tri_error: a number and the text
image = ctypes.c_void_p()
status = library.tri_image_read(source, None, ctypes.byref(image), None, error)
if status == 0:
    status = library.tri_image_write(target, image, None, error)
if status != 0:
    sys.exit(error.raw[4:].split(b"\0")[0].decode())
library.tri_image_free(image)
print("no videos")
