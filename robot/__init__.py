"""Bedside's runtime: a sentence of the patient goes in at a microphone, a spoken, safe answer comes out."""
