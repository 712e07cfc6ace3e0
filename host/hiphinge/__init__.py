"""hiphinge: a dowel you wear. Hip hinge and lumbar motion from two IMUs on the back."""

__version__ = "0.1.0"
