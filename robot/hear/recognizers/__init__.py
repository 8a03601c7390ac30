"""Speech to text: one file an engine, each a `robot.stages.Recognizer`; heavy libraries load in the constructors."""
