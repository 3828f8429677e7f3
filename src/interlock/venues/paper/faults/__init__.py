"""What goes wrong at the paper exchange on purpose: by hand, or by a seed."""
