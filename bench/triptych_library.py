"""triptych_library.py -- libtriptych.so through ctypes: the part of triptych.h that the comparisons with other libraries need."""
import ctypes


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1000)]


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("width", "height", "planes", "bits")]


class Image(ctypes.Structure):
    _fields_ = [("shape", Shape), ("stride", ctypes.c_ssize_t), ("plane_stride", ctypes.c_ssize_t),
                ("data", ctypes.c_void_p), ("padded", ctypes.c_bool), ("memory", ctypes.c_void_p),
                ("memory_size", ctypes.c_size_t), ("from", ctypes.c_void_p), ("abandoned", ctypes.c_bool)]


class Options(ctypes.Structure):
    """struct tri_backend_options, with its defaults. The library refuses one whose size is wrong."""
    _fields_ = [("size", ctypes.c_size_t), ("isa", ctypes.c_char_p), ("pool", ctypes.c_void_p), ("note", ctypes.c_void_p),
                ("listener", ctypes.c_void_p)]

    def __init__(self):
        super().__init__(size=ctypes.sizeof(self))


class Timing(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("upload_ns", "kernel_ns", "download_ns")]


class Failure(Exception):
    pass


class Library:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.error = Error()
        self.library.tri_job_shape.restype = ctypes.POINTER(Shape)
        self.library.tri_opencl_set_environment()  # as the program does

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments, ctypes.byref(self.error)) != 0:
            raise Failure(self.message())

    def pipeline(self, text):
        pipeline = ctypes.c_void_p()
        self.call("tri_pipeline_parse", text.encode(), ctypes.byref(pipeline))
        return pipeline

    def backend(self, on):
        backend = ctypes.c_void_p()
        self.call("tri_backend_open", on.encode(), ctypes.byref(Options()), ctypes.byref(backend))
        return backend

    def image(self, shape):
        image = ctypes.POINTER(Image)()
        self.call("tri_image_new", ctypes.byref(shape), ctypes.byref(image))
        return image

    def job(self, backend, pipeline, shape):
        job = ctypes.c_void_p()
        self.call("tri_job_new", backend, pipeline, ctypes.byref(shape), ctypes.byref(job))
        return job

    def lend(self, job):
        """Promises that images stay as they are; returns for how many later runs they are read."""
        runs = ctypes.c_int()
        self.call("tri_job_lend", job, ctypes.byref(runs))
        return runs.value

    def message(self):
        return self.error.text.decode(errors="replace")

    def job_shape(self, job):
        return self.library.tri_job_shape(job).contents

    def free_image(self, image):
        self.library.tri_image_free(image)

    def free_job(self, job, pipeline):
        self.library.tri_job_free(job)
        self.library.tri_pipeline_free(pipeline)

    def version(self):
        self.library.tri_version.restype = ctypes.c_char_p
        return self.library.tri_version().decode()

    def cpu(self):
        self.library.tri_cpu_model.restype = ctypes.c_char_p
        return self.library.tri_cpu_model().decode()

    def copier(self, threads, size):
        """What bench_copier_run takes; only build/bench/libtriptych.so has it."""
        self.library.bench_copier_run.restype = ctypes.c_int64
        copier = ctypes.c_void_p()
        self.call("bench_copier_new", threads, ctypes.c_size_t(size), ctypes.byref(copier))
        return copier
