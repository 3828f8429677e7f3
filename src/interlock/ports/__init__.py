"""What the core and the rim ask of the world, one Protocol a file, each with its promises."""
