"""What the markets show, as streams: their names, their shapes, their speeds and who hears them."""
