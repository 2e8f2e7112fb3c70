"""Text in, tokens and facts out: no files, no network, no clock."""
