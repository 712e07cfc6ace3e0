"""What carries samples and events in and out while a session runs. Import the modules; this one loads nothing."""
