"""The message as bytes: headers and parts."""
