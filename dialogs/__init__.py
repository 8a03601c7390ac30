"""What the robot may say and know, as data, with its loader. A leaf: imports nothing of `robot` or `hardware`."""
