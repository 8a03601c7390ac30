"""What the dialog machine does on a move beside speaking: one file a deed, by the name that the flows use (`do:`)."""
