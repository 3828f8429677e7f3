"""Telling bad ticks from good ones: counted by kind, never given on."""
