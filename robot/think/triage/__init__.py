"""From complaints to urgency and, for the clinician, to a differential; from the data in `dialogs/triage/`."""
