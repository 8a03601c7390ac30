"""Devices of the robot: ports, drivers chosen by name, and a simulated ward room.

A leaf: imports nothing of `robot` or `dialogs`; vendor libraries are imported inside drivers only.
"""
