"""What `hiphinge device` and `hiphinge devices` do, without a screen."""
