"""Interlock: the safety system of an automated trader."""
