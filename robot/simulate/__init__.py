"""The simulator: scripted visits, the live view, the report and replay. A product on top of `robot.app`."""
