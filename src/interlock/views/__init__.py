"""What people read: pure folds over records, in words and as figures. Nothing here decides, and nothing does I/O."""
