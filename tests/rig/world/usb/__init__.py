"""Package of `usb.device`."""
