"""What the streams must remember and decide, as pure machines: no socket, no clock, no chance of their own."""
