"""`bedside evaluate safety`: what the robot hears, declines, withholds and says, counted against its gates.

command ← red_flags, swaps, withheld, declines, caution, urgency (the suites) ← robot_under_test, sentences, measure
command → baseline, page → pictures
"""
