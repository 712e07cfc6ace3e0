"""What `import hiphinge` offers, composed of files, analysis, programmes and frames. Loaded when first asked for."""
